/*
 * Writers: the tail's writes of one shard, several on the wire at once (replicator/tail_queue.cc,
 * coalesce.h; the batches of one page have different keys and share the writer slots).
 *
 * The shard holds RECORDS records of KEYS keys. The tail takes a page of up to PAGE records, and
 * its writers send them in any order. An answer is: acknowledged; unprocessed (or throttled): sent
 * again; or none, and then the write was carried out or not and is sent again. A crash loses what
 * was not committed. Writes that land later than their answer are for fence.pml.
 * With no knob this is the engine: a page is reduced to the last record of each key, the next page
 * comes when all of it is acknowledged, and then the position moves to its end.
 *
 *   OVERLAP_PAGES       the next page comes while writes of the last are still sent again
 *   KEY_ORDER           ... but a write waits for older ones of its key, and the position is the
 *                       acknowledged prefix: another safe design
 *   NO_REDUCTION        a page is not reduced: two writes of a key may be on the wire together
 *   DROP_UNPROCESSED    unprocessed counts as written
 *   NEWEST_POSITION     the position moves to the newest acknowledged record, past those before it
 * Sizes: RECORDS, KEYS, PAGE, WRITERS, CRASHES.
 *
 * Asserted: a committed position lies past no record that is not on the target (I2); within one
 * process no key goes back (I3); in the end the target has the last record of each key (I1).
 */
#ifndef RECORDS
#define RECORDS 4
#endif
#ifndef KEYS
#define KEYS 2
#endif
#ifndef PAGE
#define PAGE 3
#endif
#ifndef WRITERS
#define WRITERS 2
#endif
#ifndef CRASHES
#define CRASHES 1
#endif

mtype = { unread, queued, on_wire, settled };

/* The stream and the target: record n is version n + 1 of its key. */
byte key_of[RECORDS];
byte target[KEYS];

byte saved_position = 0; /* durable */

/* Lost in a crash. */
byte position;
byte read_to;
mtype state[RECORDS];
byte writing;               /* records on the wire */
byte newest_written[KEYS]; /* by this process */
byte crashes = 0;

/* Scratch; zero between steps. */
byte i;
byte begin;
byte later;
bool yes;

/* yes = every record in [from, to) is settled */
inline all_settled(from, to) {
  yes = true;
  for (i : from .. (to - 1)) {
    if
    :: state[i] != settled -> yes = false
    :: else
    fi
  }
  i = 0
}

/* yes = an older write of the record's key is not settled */
inline older_of_key_unsettled(record) {
  yes = false;
  for (i : 0 .. (RECORDS - 1)) {
    if
    :: i < record && key_of[i] == key_of[record] && (state[i] == queued || state[i] == on_wire) ->
       yes = true
    :: else
    fi
  }
  i = 0
}

inline take_page() {
  begin = read_to;
  read_to++;
  do
  :: read_to < RECORDS && read_to < begin + PAGE -> read_to++
  :: break
  od;
  for (i : begin .. (read_to - 1)) {
    state[i] = queued;
#ifndef NO_REDUCTION
    for (later : (i + 1) .. (read_to - 1)) {
      if
      :: key_of[later] == key_of[i] -> state[i] = settled
      :: else
      fi
    }
    later = 0
#endif
  }
  begin = 0;
  i = 0
}

inline write(record) {
  assert(record + 1 >= newest_written[key_of[record]]); /* I3 */
  newest_written[key_of[record]] = record + 1;
  target[key_of[record]] = record + 1
}

inline commit() {
  saved_position = position;
  for (i : 0 .. (RECORDS - 1)) {
    assert(i >= saved_position || target[key_of[i]] >= i + 1) /* I2 */
  }
  i = 0
}

inline begin_process() {
  position = saved_position;
  read_to = saved_position;
  writing = 0;
  for (i : 0 .. (RECORDS - 1)) {
    if
    :: i < saved_position -> state[i] = settled
    :: else -> state[i] = unread
    fi
  }
  for (i : 0 .. (KEYS - 1)) { newest_written[i] = 0 }
  i = 0
}

active proctype Tail() {
  byte record;
  byte key;
  atomic {
    for (record : 0 .. (RECORDS - 1)) {
      select (key : 0 .. (KEYS - 1));
      key_of[record] = key
    }
    key = 0;
    record = 0;
    begin_process()
  }
  do
#ifdef OVERLAP_PAGES
  :: atomic { read_to < RECORDS && read_to < position + 2 * PAGE -> take_page() }
#else
  :: atomic { read_to < RECORDS && read_to == position -> take_page() }
#endif

  /* Send, or an answer. */
  :: atomic {
       select (record : 0 .. (RECORDS - 1));
       if
       :: state[record] == queued && writing < WRITERS ->
#ifdef KEY_ORDER
          older_of_key_unsettled(record);
#else
          yes = false;
#endif
          if
          :: !yes -> state[record] = on_wire; writing++
          :: else -> yes = false
          fi
       :: state[record] == on_wire -> /* acknowledged */
          write(record);
          writing--;
          state[record] = settled;
#ifdef NEWEST_POSITION
          if
          :: position < record + 1 -> position = record + 1
          :: else
          fi
#endif
       :: state[record] == on_wire -> /* unprocessed */
          writing--;
#ifdef DROP_UNPROCESSED
          state[record] = settled
#else
          state[record] = queued
#endif
       :: state[record] == on_wire -> /* carried out, and no answer */
          write(record);
          writing--;
          state[record] = queued
       :: else
       fi;
       record = 0
     }

  /* The position. */
#ifdef KEY_ORDER
  :: atomic { position < read_to && state[position] == settled -> position++ }
#else
  :: atomic {
       position < read_to ->
       all_settled(position, read_to);
       if
       :: yes -> position = read_to
       :: else
       fi;
       yes = false
     }
#endif
  :: atomic { saved_position != position -> commit() }
  :: atomic { crashes < CRASHES -> crashes++; begin_process() }
  :: atomic { position == RECORDS && saved_position == RECORDS && writing == 0 -> break }
  od;
  atomic {
    for (record : 0 .. (RECORDS - 1)) {
      assert(target[key_of[record]] >= record + 1) /* I1 */
    }
  }
}

/*
 * Reverse: after a committed cut-over the application writes the target, and a second job follows
 * the target's stream back to the source.
 *
 * One key. The forward job wrote values 1 and 2, the source holds 2; values from 3 are written by
 * the application after the commit. The target's stream has all of them, the forward job's too.
 * With no knob this is the design: no forward write is under way at the commit, the end of the
 * target's stream at the seal becomes durable with the commit, and the reverse job begins there.
 *
 *   STARTS_LATE        the reverse job begins at the end of the stream as it finds it
 *   VOLATILE_POSITION  ... at the position of the commit, which is not durable before the job has
 *                      applied something
 *   UNSETTLED          the commit does not wait until forward writes without an answer have landed
 *   FORWARD_RESTARTS   the forward job may start again after the commit, and replays its last write
 * Sizes: WRITES (of the application), CRASHES (of the reverse job).
 *
 * Asserted: no write of the application is overwritten (I10), and when the reverse job has drained,
 * the source equals the target (I11).
 */
#ifndef WRITES
#define WRITES 2
#endif
#ifndef CRASHES
#define CRASHES 1
#endif

#define ABSENT 0
#define FORWARD_WRITES 2
#define MOST_EVENTS (FORWARD_WRITES + WRITES + 4)
#define UNKNOWN 255

byte source = 2;
byte target = ABSENT;
byte wanted = 2; /* what the application last wrote; before that, what it had at the seal */
byte event[MOST_EVENTS];
byte events = 0; /* in the target's stream */
bool committed = false;
bool application_quiet = false;
bool forward_ended = false;
byte saved_position = UNKNOWN; /* durable: where the reverse job begins or goes on */
byte commit_position = UNKNOWN; /* in the memory of the process that committed */

inline write_target(value) {
  target = value;
  event[events] = value;
  events++
}

active proctype Forward() {
  bool unclear = false; /* the first write may land once more */
  atomic { write_target(1); if :: unclear = true :: skip fi };
  atomic { write_target(2) };
#ifndef UNSETTLED
  if
  :: atomic { unclear -> write_target(1); write_target(2) } /* landed, and was repaired */
  :: skip
  fi;
  unclear = false;
#endif
  atomic {
    commit_position = events;
#if !defined(STARTS_LATE) && !defined(VOLATILE_POSITION)
    saved_position = events;
#endif
    committed = true
  };
#ifdef UNSETTLED
  if
  :: atomic { unclear -> write_target(1) }
  :: skip
  fi;
#endif
#ifdef FORWARD_RESTARTS
  if
  :: atomic { write_target(2) }
  :: skip
  fi;
#endif
  forward_ended = true
}

active proctype Application() {
  byte writes = 0;
  committed;
  do
  :: atomic {
       writes < WRITES ->
       writes++;
       if
       :: wanted = FORWARD_WRITES + writes
       :: wanted = ABSENT
       fi;
       write_target(wanted)
     }
  :: break
  od;
  application_quiet = true
}

active proctype Reverse() {
  byte position;
  byte crashes = 0;
  committed;
start:
  atomic {
    if
    :: saved_position != UNKNOWN -> position = saved_position
    :: else ->
#ifdef STARTS_LATE
       position = events
#else
       if
       :: crashes == 0 -> position = commit_position
       :: else -> position = events
       fi
#endif
    fi
  };
  do
  :: atomic { position < events -> source = event[position]; position++ }
  :: atomic { position > commit_position && saved_position != position ->
       saved_position = position }
  :: crashes < CRASHES -> crashes++; goto start
  :: atomic { application_quiet && forward_ended && position == events -> break }
  od;
  assert(target == wanted); /* I10 */
  assert(source == target) /* I11 */
}

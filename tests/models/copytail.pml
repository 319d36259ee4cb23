/*
 * Copy and tail: how a copy of a live table and a tail of its stream may share one target.
 *
 * An application writes a few keys while a job copies them one by one and applies the stream's
 * events in order. The job may crash after any step and resumes from what it had made durable.
 * With no knob this is the engine's design: the stream's position is durable before the first
 * read, copy and tail run side by side, and an item is written only if the tail has not touched
 * its key since it was read. (fence.pml looks at that check closely; here it is one step.)
 *
 * Other designs, and known mistakes:
 *   NO_FENCE          a copied item is written whatever the tail did meanwhile
 *   IF_ABSENT         ... is written if the target has no item of that key
 *   SEQUENTIAL        the tail begins only when the copy is complete
 *   LATE_START        the stream's position is taken when the copy is complete
 *   VOLATILE_START    the position is not durable until the tail's first checkpoint
 *   CHECKPOINT_FIRST  the tail's position becomes durable before the write does
 *   EVENTUAL          the copy's reads are eventually consistent
 *   LOOK_BACK         the position lies so far back that every read is newer than it
 *   LATE_LANDING      one copied item is written again later than all else (a lost connection)
 * Sizes: KEYS, WRITES (of the application), CRASHES.
 *
 * Asserted: when the application is quiet and the stream is drained, the target equals the source,
 * key for key (I1).
 */
#ifndef KEYS
#define KEYS 2
#endif
#ifndef WRITES
#define WRITES 3
#endif
#ifndef CRASHES
#define CRASHES 1
#endif

#define ABSENT 0 /* any other value is the number of the write that put it */

/* The world. */
byte source[KEYS];
byte source_before[KEYS]; /* what an eventually consistent read may still return */
byte target[KEYS];
byte event_key[WRITES];
byte event_value[WRITES];
byte events = 0; /* in the stream */
bool application_quiet = false;
byte crashes = 0;

/* Durable. */
bool saved_started = false;
byte saved_position = 0; /* events applied */
byte saved_copied = 0;   /* keys copied */

/* Lost in a crash. */
bool started = false;
byte position = 0;
byte copied = 0;
bool copy_complete = false;
bool touched[KEYS]; /* by the tail, since the copy read the key */

bool late_write = false; /* a write that may land after all others */
byte late_key;
byte late_value;

#ifdef SEQUENTIAL
#define TAIL_MAY_RUN (started && position < events && copy_complete)
#else
#define TAIL_MAY_RUN (started && position < events)
#endif

active proctype Application() {
  byte key;
  byte value;
  do
  :: events < WRITES ->
     atomic {
       select (key : 0 .. (KEYS - 1));
       if
       :: value = events + 1
       :: source[key] != ABSENT -> value = ABSENT
       fi;
       source_before[key] = source[key];
       source[key] = value;
       event_key[events] = key;
       event_value[events] = value;
       events++
     }
  :: break
  od;
  application_quiet = true
}

#ifdef EVENTUAL
active proctype Replica() {
  byte key;
  do
  :: atomic {
       application_quiet && source_before[0] == source[0] &&
           source_before[KEYS - 1] == source[KEYS - 1] -> break
     }
  :: atomic {
       select (key : 0 .. (KEYS - 1));
       source_before[key] != source[key] -> source_before[key] = source[key]
     }
  od
}
#endif

inline take_position() {
  position = events;
#ifdef LOOK_BACK
  position = 0;
#endif
  saved_position = position;
  started = true;
#ifndef VOLATILE_START
  saved_started = true
#endif
}

inline apply_event() {
  target[event_key[position]] = event_value[position];
  touched[event_key[position]] = true;
  position++
}

inline write_copied_item(key, value) {
#if defined(IF_ABSENT)
  if
  :: target[key] == ABSENT -> target[key] = value
  :: else
  fi
#elif defined(NO_FENCE) || defined(SEQUENTIAL)
  target[key] = value
#else
  if
  :: !touched[key] -> target[key] = value
  :: else
  fi
#endif
}

active proctype Job() {
  byte key;
  byte value;
  byte i;
start:
  atomic {
    started = saved_started;
    position = saved_position;
    copied = saved_copied;
    copy_complete = (saved_copied == KEYS);
    for (i : 0 .. (KEYS - 1)) { touched[i] = false };
    key = 0; value = 0; i = 0
  }
#ifndef LATE_START
  if
  :: !started -> atomic { take_position() }
  :: else
  fi;
#endif
  do
  /* Copy a key: read, (the tail may run), write, checkpoint now or later. */
  :: copied < KEYS ->
     atomic {
       key = copied;
       touched[key] = false;
#ifdef EVENTUAL
       if
       :: value = source[key]
       :: value = source_before[key]
       fi
#else
       value = source[key]
#endif
     }
     do
     :: TAIL_MAY_RUN -> atomic { apply_event() }
     :: break
     od;
     if
     :: value != ABSENT ->
        atomic { write_copied_item(key, value) }
#ifdef LATE_LANDING
        if
        :: !late_write -> atomic { late_write = true; late_key = key; late_value = value }
        :: skip
        fi
#endif
     :: else
     fi;
     copied++;
     if
     :: saved_copied = copied
     :: skip
     fi;
     if
     :: crashes < CRASHES -> crashes++; goto start
     :: skip
     fi

  :: copied == KEYS && !copy_complete ->
#ifdef LATE_START
     atomic { take_position() };
#endif
     atomic { copy_complete = true; saved_copied = KEYS }

  /* Apply an event, checkpoint now or later. */
  :: TAIL_MAY_RUN ->
#ifdef CHECKPOINT_FIRST
     saved_position = position + 1;
     if
     :: crashes < CRASHES -> crashes++; goto start
     :: skip
     fi;
     atomic { apply_event() }
#else
     atomic { apply_event() };
     if
     :: atomic { saved_position = position; saved_started = true }
     :: skip
     fi;
     if
     :: crashes < CRASHES -> crashes++; goto start
     :: skip
     fi
#endif

  :: atomic { application_quiet && copy_complete && started && position == events -> break }
  od;
#ifdef LATE_LANDING
  if
  :: late_write -> target[late_key] = late_value
  :: else
  fi;
#endif
  atomic {
    for (i : 0 .. (KEYS - 1)) {
      assert(target[i] == source[i]) /* I1 */
    }
  }
}

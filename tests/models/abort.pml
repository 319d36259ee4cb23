/*
 * Abort: a cut-over that is given up at any step leaves the source writable and the job following.
 *
 * The cut-over freezes the writers, sees the freeze in effect, and seals: it disables the source's
 * stream. Enabling it again makes a new stream, which knows nothing of the old one.
 * With no knob this is the design: the new stream is enabled first, then the freeze is lifted, and
 * the job reads the old stream to its end before the new one from its beginning.
 *
 *   THAW_FIRST     the freeze is lifted before the new stream is enabled
 *   NEW_AT_ONCE    the job does not read the old stream to its end first
 * Sizes: WRITES (of the application).
 *
 * Asserted: every write is in one of the two streams (I10), and they are applied in order (I3).
 */
#ifndef WRITES
#define WRITES 3
#endif

byte writes = 0;
byte old_events = 0;
byte new_events = 0;
byte old_applied = 0;
byte new_applied = 0;
bool old_enabled = true;
bool new_enabled = false;
bool frozen = false;
bool freeze_in_effect = false;
bool aborted = false;

active proctype Application() {
  do
  :: atomic {
       writes < WRITES && !freeze_in_effect ->
       writes++;
       if
       :: old_enabled -> old_events++
       :: new_enabled -> new_events++
       :: else /* in no stream */
       fi
     }
  :: writes == WRITES -> break
  od
}

active proctype Policy() {
  do
  :: atomic { frozen != freeze_in_effect -> freeze_in_effect = frozen }
  :: aborted && !freeze_in_effect -> break
  od
}

active proctype Cutover() {
  frozen = true;
  if
  :: goto abort
  :: freeze_in_effect
  fi;
  if
  :: goto abort
  :: old_enabled = false /* sealed */
  fi;
abort:
#ifdef THAW_FIRST
  frozen = false;
#endif
  if
  :: !old_enabled -> new_enabled = true
  :: else
  fi;
  frozen = false;
  aborted = true
}

active proctype Tail() {
  do
  :: atomic { old_applied < old_events -> old_applied++ }
#ifdef NEW_AT_ONCE
  :: atomic { new_applied < new_events ->
#else
  :: atomic { new_applied < new_events && old_applied == old_events ->
#endif
       assert(old_applied == old_events); /* I3 */
       new_applied++
     }
  :: atomic { writes == WRITES && aborted && old_applied == old_events &&
              new_applied == new_events -> break }
  od;
  assert(old_applied + new_applied == writes) /* I10 */
}

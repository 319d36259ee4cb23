/*
 * Cut-over: when may the source be called drained?
 *
 * The writers are frozen by a policy that takes effect some time after it was set; until then they
 * go on writing. What is written becomes visible in the stream later; to seal is to disable the
 * stream, and the end of its last shard is positive proof that nothing more will come.
 * With no knob this is the design: freeze, see the freeze in effect, seal, drain to the sealed end.
 *
 *   EMPTY_POLLS=n       no seal: drained when n polls in a row were empty
 *   FREEZE_UNCONFIRMED  the next step does not wait until the freeze is in effect
 * Sizes: WRITES (of the application).
 *
 * Asserted: at the commit every write that the source accepted is on the target (I10).
 */
#ifndef WRITES
#define WRITES 3
#endif

byte writes = 0;  /* accepted by the source */
byte streamed = 0; /* of them, those in the stream */
byte visible = 0; /* of those, what a poll can return */
byte applied = 0;
bool frozen = false;
bool freeze_in_effect = false;
bool sealed = false;
bool end_visible = false;
bool committed = false;
bool writers_stopped = false;

active proctype Writers() {
  do
  :: atomic {
       writes < WRITES && !freeze_in_effect ->
       writes++;
       if
       :: !sealed -> streamed++
       :: else /* written, and in no stream */
       fi
     }
  :: atomic { writes == WRITES || freeze_in_effect -> break }
  od;
  writers_stopped = true
}

active proctype Policy() {
  frozen;
  freeze_in_effect = true
}

active proctype Stream() {
  do
  :: atomic { visible < streamed -> visible++ }
  :: atomic { sealed && visible == streamed -> end_visible = true; break }
  :: atomic { committed && visible == streamed -> break }
  od
}

active proctype Job() {
  byte empty_polls = 0;
  frozen = true;
#ifndef FREEZE_UNCONFIRMED
  freeze_in_effect;
#endif
#ifndef EMPTY_POLLS
  sealed = true;
#endif
  do
  :: atomic { applied < visible -> applied++; empty_polls = 0 }
#ifdef EMPTY_POLLS
  :: atomic { applied == visible && empty_polls < EMPTY_POLLS -> empty_polls++ }
  :: atomic { empty_polls == EMPTY_POLLS -> break }
#else
  :: atomic { end_visible && applied == visible -> break }
#endif
  od;
  committed = true;
  writers_stopped;
  assert(applied == writes) /* I10 */
}

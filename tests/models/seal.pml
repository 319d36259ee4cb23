/*
 * Seal: a cut-over from the freeze to the commit, or back, with crashes at each step.
 *
 * The journal's step is durable before the step's first call is sent. The freeze takes effect some
 * time after it was asked for, and so does its end; a call may land late, or never. The seal
 * switches the source's stream off and on again: the end of the old stream is the proof, the new
 * one is a trap for strays (writes that ignore the freeze) and is what is followed if all is taken
 * back. Whoever begins again takes back what is not committed. With no knob this is the design.
 *
 *   FREEZE_UNCONFIRMED  the seal does not wait until the freeze is in effect
 *   EMPTY_POLLS         drained when nothing is to be seen, whether the old stream has ended or not
 *   NO_TRAP             the new stream is not looked at before the commit
 *   UNJOURNALED         the stream is switched off before it is durable that it will be
 *   UNSETTLED           taking back does not wait until the call that ends the stream can no
 *                       longer land
 *   THAW_FIRST          the freeze is lifted before the new stream is enabled
 *   NEW_AT_ONCE         the new stream is followed before the old one is applied to its end
 *   COMMIT_UNSYNCED     the target is opened before the commit is durable
 *   REVERSE_LATE        the way back begins where the target's stream is when it is taken
 *   STRAYS_ANYWHERE     the freeze is an operator's word: strays come while no stream is on, too.
 *                       So all is compared before the commit, and repaired after taking back
 *   NO_COMPARISON       ... but is not compared
 * Sizes: WRITES (of the application), STRAYS (of them, at most), CRASHES.
 *
 * What a stray writes after the last look at the trap no trap can see; here strays end with it.
 *
 * Asserted: committed, every write that the source took is on the target, and no other is taken;
 * taken back, every write is in the end on the target (I10), in order (I3); the way back has every
 * write that the target took (I11).
 */
#ifndef WRITES
#define WRITES 3
#endif
#ifndef STRAYS
#define STRAYS 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif

#define IDLE 0
#define FREEZING 1
#define SEALING 2
#define DRAINING 3
#define COMMITTED 4
#define RESTORING 5
#define THAWING 6
#define CATCHING_UP 7
#define ROLLED_BACK 8
#define NEVER 255

byte step = IDLE; /* the journal's: durable */

byte writes = 0; /* accepted by the source */
byte old_events = 0;
byte old_visible = 0; /* of them, what a poll can return */
byte new_events = 0;
byte missed = 0; /* writes in no stream */
byte old_applied = 0;
byte new_applied = 0;
bool old_on = true;
bool old_end_visible = false;
bool new_on = false;
bool disabling = false; /* the call that switches the old stream off is on its way */
bool frozen = false;
bool freeze_in_effect = false;
bool looked = false; /* at the trap, for the last time */
bool follows_new = false; /* durable */
bool gap = false;
byte repaired = 0; /* of the missed */
bool ended = false;

bool target_open = false;
byte target_writes = 0; /* of the application */
byte reverse_start = NEVER; /* durable: how many of them the way back passes over */
bool application_quiet = false;

inline write_source() {
  writes++;
  if
  :: old_on -> old_events++
  :: !old_on && new_on -> new_events++
  :: else -> missed++
  fi
}

active proctype Application() {
  byte strays = 0;
  do
  :: atomic { writes < WRITES && !freeze_in_effect -> write_source() }
  :: atomic { writes < WRITES && strays < STRAYS && freeze_in_effect && !looked &&
#ifndef STRAYS_ANYWHERE
              (old_on || new_on) &&
#endif
              step != COMMITTED -> strays++; write_source() }
  :: atomic { target_open && target_writes < WRITES -> target_writes++ }
  :: atomic { target_open && step == COMMITTED -> break }
  :: atomic { step == ROLLED_BACK && writes == WRITES -> break }
  od;
  application_quiet = true
}

active proctype Service() {
  do
  :: atomic { frozen != freeze_in_effect -> freeze_in_effect = frozen }
  :: atomic { old_visible < old_events -> old_visible++ }
  :: atomic { !old_on && old_visible == old_events && !old_end_visible -> old_end_visible = true }
  :: atomic { disabling -> disabling = false; old_on = false }
  :: atomic { disabling -> disabling = false } /* never arrived */
  :: atomic { application_quiet && !disabling && old_visible == old_events -> break }
  od
}

active proctype Tail() {
  do
  :: atomic { old_applied < old_visible && step != COMMITTED -> old_applied++ }
  :: atomic { follows_new && new_applied < new_events ->
       assert(old_applied == old_events); /* I3 */
       new_applied++
     }
  :: atomic { step == COMMITTED && application_quiet -> break }
  :: atomic { step == ROLLED_BACK && application_quiet && ended && old_applied == old_events &&
              (old_on || new_applied == new_events) -> break }
  od;
  if
  :: step == COMMITTED ->
     assert(missed == 0 && new_events == 0 && old_applied == writes) /* I10 */
  :: else ->
     assert(!target_open && !gap && !frozen); /* I10 */
     assert(old_applied + new_applied + repaired == writes) /* I10 */
  fi
}

/* The process ends here, or it does not. */
inline may_crash() {
  if
  :: crashes < CRASHES -> crashes++; goto start
  :: skip
  fi
}

/* A call fails or time is up, or neither. */
inline may_fail() {
  if
  :: goto take_back
  :: skip
  fi
}

active proctype Cutover() {
  byte crashes = 0;
start: /* with what is durable, and with the tables as they are */
  if
  :: step == FREEZING && !old_on -> gap = true /* and nobody says why */
  :: else
  fi;
  if
  :: step == IDLE -> skip
  :: step == FREEZING || step == SEALING || step == DRAINING -> goto take_back
  :: step == COMMITTED -> goto commit
  :: step == RESTORING -> goto restore
  :: step == THAWING -> goto thaw
  :: step == CATCHING_UP -> goto catch_up
  :: step == ROLLED_BACK -> goto over
  fi;
  step = FREEZING;
  may_crash();
  frozen = true;
  may_crash();
  may_fail();
#ifndef FREEZE_UNCONFIRMED
  freeze_in_effect;
#endif
#ifndef UNJOURNALED
  step = SEALING;
  may_crash();
#endif
  disabling = true;
  may_crash();
  may_fail(); /* no answer */
  !disabling;
  if
  :: old_on -> goto take_back
  :: else
  fi;
  may_crash();
#ifdef UNJOURNALED
  step = SEALING;
#endif
  may_fail();
  new_on = true;
  may_crash();
  may_fail();
  step = DRAINING;
  may_crash();
  may_fail();
#ifdef EMPTY_POLLS
  old_applied == old_visible;
#else
  old_end_visible && old_applied == old_events;
#endif
#if defined(STRAYS_ANYWHERE) && !defined(NO_COMPARISON)
  if
  :: atomic { missed > 0 -> goto take_back }
  :: atomic { missed == 0 -> looked = true }
  fi;
#endif
#ifndef NO_TRAP
  if
  :: atomic { new_events > 0 -> goto take_back }
  :: atomic { new_events == 0 -> looked = true }
  fi;
#else
  looked = true;
#endif
  may_fail();
#ifdef COMMIT_UNSYNCED
  target_open = true;
  may_crash();
#endif
  atomic {
#ifndef REVERSE_LATE
    reverse_start = target_writes;
#endif
    step = COMMITTED
  };
  may_crash();
commit:
  target_open = true;
  may_crash();
  if
  :: reverse_start == NEVER -> reverse_start = target_writes
  :: else
  fi;
  may_crash();
#ifndef COMMIT_UNSYNCED
  assert(reverse_start == 0); /* I11 */
#endif
  goto over;

take_back:
  looked = false;
  step = RESTORING;
  may_crash();
restore:
#ifdef THAW_FIRST
  frozen = false;
  may_crash();
#endif
#ifndef UNSETTLED
  !disabling;
#endif
  if
  :: !old_on -> new_on = true
  :: else
  fi;
  may_crash();
  step = THAWING;
  may_crash();
thaw:
  frozen = false;
  may_crash();
  step = CATCHING_UP;
  may_crash();
catch_up:
  if
  :: new_on ->
#ifndef NEW_AT_ONCE
     old_end_visible && old_applied == old_events;
#endif
     atomic { follows_new = true; step = ROLLED_BACK }
  :: else -> step = ROLLED_BACK
  fi;
  may_crash();
over:
#ifdef STRAYS_ANYWHERE
  if
  :: step == ROLLED_BACK -> application_quiet; repaired = missed /* everything is compared */
  :: else
  fi;
#endif
  ended = true
}

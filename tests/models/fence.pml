/*
 * The fence: one key that is copied, followed and repaired at the same time (replicator/fence.h,
 * dealer.cc, tail_queue.cc, recheck_task.h).
 *
 * The source's key has versions 0 to WRITES; version n is event n of the stream. Whoever writes
 * the target may get no clear answer: the write then lands later, several times, or never. An
 * unclear write puts the key on the recheck list, which is committed together with the positions.
 * A repair reads the source when nothing can land any more (the settle time), waits until the
 * tail has passed its read, and writes through the fence. A crash loses all that was not
 * committed and leaves what is on the wire to land late.
 *
 * With no knob this is the engine (a clean stop, which spares the next start the settle time, is
 * not modelled). Other designs, and known mistakes:
 *   KEEP_REGISTERED      a key stays registered from its check to a definite answer (safe, but see
 *                        wedge.pml)
 *   TWO_STEPS            check and registration are two steps
 *   NOTE_AFTER_READ      the fence's counter is noted when the read has returned
 *   LOOK_FIRST           the tail looks for writes on the wire before it touches the key
 *   NO_SETTLE            the first write after a crash does not wait for late landings
 *   VOLATILE_RECHECK     the recheck list is not durable
 *   REPAIR_UNFENCED      a repair writes whatever the tail does
 *   REPAIR_AT_ONCE       a repair does not wait until the tail has passed its read
 *   RESOLVE_ANYWAY       a repair takes the key off the list although an attempt became unclear
 *                        after the repair had begun
 *   EVENTUAL             the copy's reads are eventually consistent, or not, at any time. The margin
 *                        is the time after which such a read returns an event for certain; the
 *                        engine then counts touches from a margin before the read, and for the
 *                        first margin of a process reads consistently
 *   NO_MARGIN            ... touches count from the beginning of the read only
 *   NO_START_MARGIN      ... the first reads too are eventually consistent
 * Sizes: WRITES (at most 3), CRASHES, UNCLEAR (answers).
 *
 * Asserted: in the end the target equals the source (I1). No definite write of the tail or of a
 * repair takes the key behind a repair, no fenced write takes it behind what the tail wrote, within
 * one process (I3; late landings and replays excepted).
 */
#ifndef WRITES
#define WRITES 2
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef UNCLEAR
#define UNCLEAR 1
#endif

#define ABSENT 0
#define NEVER_WRITTEN 255

mtype = { idle, noted, checking, checked, touching, looking, on_wire };

/* The source and its stream. */
byte image[WRITES + 1]; /* by version: ABSENT or a value of its own */
byte newest = 0;        /* version = number of events */

/* The target. */
byte target = NEVER_WRITTEN; /* the version it shows */
byte may_land = 0;           /* bit per version: writes without an answer, still about */
byte unclear = 0;
byte crashes = 0;

/* Durable: one batch. */
bool started = false;
byte saved_position;
bool saved_copied = false;
bool saved_listed = false;

/* The tail. */
mtype tail = idle;
byte position;   /* events applied */
byte tail_event; /* the page in hand, reduced to its last event */

/* The copy. */
mtype copy = idle;
bool copied = false;
byte copy_version;
bool touched_since_copy_read;
bool copy_registered;

/* The repair, and the recheck list. */
mtype repair = idle;
byte repair_version;
bool listed;
bool unclear_since_repair_began;
bool touched_since_repair_read;
bool repair_registered;

bool settling; /* after a crash: no write yet */

/* Eventually consistent reads. */
byte surely_visible = 0; /* every read returns this version or a later one */
byte surely_visible_at_read; /* newest, for a consistent read */
byte newest_touched_event; /* remembered by the fence */
bool within_margin; /* of the process's beginning */
byte margin_version;

/* For the assertions, since the process began: what tail or repair, and a repair, wrote last. */
byte newest_fenced_off;
byte newest_repair;

#define SHOWS(version) (version == NEVER_WRITTEN -> ABSENT : image[version])
#define LANDED (may_land == 0)
#define UNTOUCHED_SINCE_COPY_READ \
  (!touched_since_copy_read && newest_touched_event <= surely_visible_at_read)

#ifdef REPAIR_AT_ONCE
#define TAIL_PASSED_REPAIR_READ true
#else
#define TAIL_PASSED_REPAIR_READ (position >= repair_version)
#endif
#ifdef REPAIR_UNFENCED
#define REPAIR_MAY_WRITE true
#else
#define REPAIR_MAY_WRITE (!touched_since_repair_read && !copy_registered)
#endif

inline no_clear_answer(version) {
  unclear++;
  may_land = may_land | (1 << version);
  listed = true;
  unclear_since_repair_began = true
}

inline touch(event) {
  touched_since_copy_read = true;
  touched_since_repair_read = true;
#if defined(EVENTUAL) && !defined(NO_MARGIN)
  newest_touched_event = event
#endif
}

inline begin_process() {
  tail = idle; tail_event = 0;
  copy = idle; copy_version = 0; touched_since_copy_read = false; copy_registered = false;
  repair = idle; repair_version = 0; repair_registered = false;
  touched_since_repair_read = false; unclear_since_repair_began = false;
  newest_touched_event = 0; surely_visible_at_read = 0;
  newest_fenced_off = 0; newest_repair = 0;
#if defined(EVENTUAL) && !defined(NO_START_MARGIN)
  within_margin = true;
  margin_version = newest
#endif
}

active proctype World() {
  atomic { image[0] = 1 }
  do
  /* The application. */
  :: atomic { newest < WRITES ->
       newest++;
       if
       :: image[newest] = newest + 1
       :: image[newest] = ABSENT
       fi }

  /* Time passes. */
#ifdef EVENTUAL
  :: atomic { surely_visible < newest -> surely_visible++ }
  :: atomic { within_margin && surely_visible >= margin_version -> within_margin = false }
#endif
  :: atomic { settling && LANDED -> settling = false }

  /* A write without an answer lands (again), or will not any more. */
  :: atomic { (may_land & 1) != 0 -> if :: target = 0 :: may_land = may_land - 1 fi }
  :: atomic { (may_land & 2) != 0 -> if :: target = 1 :: may_land = may_land - 2 fi }
  :: atomic { (may_land & 4) != 0 -> if :: target = 2 :: may_land = may_land - 4 fi }
  :: atomic { (may_land & 8) != 0 -> if :: target = 3 :: may_land = may_land - 8 fi }

  /* The first start: the stream's position is durable before anything is read. */
  :: atomic { !started ->
       started = true;
       position = newest;
       saved_position = newest;
       begin_process() }

  /* The copy: note, read, check and register, write. */
#ifdef NOTE_AFTER_READ
  :: atomic { started && copy == idle && !copied -> copy_version = newest; copy = noted }
  :: atomic { copy == noted -> touched_since_copy_read = false; copy = checking }
#else
  :: atomic { started && copy == idle && !copied ->
       touched_since_copy_read = false;
#ifdef EVENTUAL
       if
       :: !within_margin -> surely_visible_at_read = surely_visible
       :: surely_visible_at_read = newest
       fi;
#endif
       copy = noted }
  :: atomic { copy == noted ->
       copy_version = surely_visible_at_read;
#ifdef EVENTUAL
       do
       :: copy_version < newest -> copy_version++
       :: break
       od;
#else
       copy_version = newest;
#endif
       copy = checking }
#endif
  :: atomic { copy == checking && !settling && !repair_registered ->
       if
       :: image[copy_version] == ABSENT || !UNTOUCHED_SINCE_COPY_READ -> /* not found, or dropped */
          copied = true;
          copy = idle
       :: else ->
#ifdef TWO_STEPS
          copy = checked
#else
          copy_registered = true;
          copy = on_wire
#endif
       fi }
#ifdef TWO_STEPS
  :: atomic { copy == checked -> copy_registered = true; copy = on_wire }
#endif
  :: atomic { copy == on_wire -> /* acknowledged */
       assert(copy_version >= newest_fenced_off); /* I3 */
       target = copy_version;
       copy_registered = false;
       copied = true;
       copy = idle }
#ifdef KEEP_REGISTERED
  :: atomic { copy == on_wire && unclear < UNCLEAR -> no_clear_answer(copy_version) }
#else
  :: atomic { copy == on_wire -> /* unprocessed or throttled: through the fence again */
       copy_registered = false;
       copy = checking }
  :: atomic { copy == on_wire && unclear < UNCLEAR ->
       no_clear_answer(copy_version);
       copy_registered = false;
       copy = checking }
#endif

  /* The tail: take a page, touch, look, write, advance the position. */
  :: atomic { started && tail == idle && position < newest ->
       tail_event = position + 1;
       do
       :: tail_event < newest -> tail_event++
       :: break
       od;
       tail = touching }
#ifdef LOOK_FIRST
  :: atomic { tail == touching && !settling && !copy_registered && !repair_registered ->
       tail = looking }
  :: atomic { tail == looking -> touch(tail_event); tail = on_wire }
#else
  :: atomic { tail == touching -> touch(tail_event); tail = looking }
  :: atomic { tail == looking && !settling && !copy_registered && !repair_registered ->
       tail = on_wire }
#endif
  :: atomic { tail == on_wire -> /* acknowledged */
       assert(tail_event >= newest_repair); /* I3 */
       target = tail_event;
       position = tail_event;
       newest_fenced_off = tail_event;
       tail_event = 0;
       tail = idle }
  :: atomic { tail == on_wire -> tail = touching } /* unprocessed or throttled */
  :: atomic { tail == on_wire && unclear < UNCLEAR ->
       no_clear_answer(tail_event);
       tail = touching } /* the same version again */

  /* The repair: settle, note, read, wait for the tail, check and register, write. */
  :: atomic { listed && repair == idle && LANDED && !settling ->
       touched_since_repair_read = false;
       unclear_since_repair_began = false;
       repair = noted }
  :: atomic { repair == noted -> repair_version = newest; repair = checking }
  :: atomic { repair == checking && TAIL_PASSED_REPAIR_READ ->
       if
       :: REPAIR_MAY_WRITE ->
          touched_since_copy_read = true; /* newer than all reads before its own */
          repair_registered = true;
          repair = on_wire
       :: else -> repair = idle; repair_version = 0 /* a later round */
       fi }
  :: atomic { repair == on_wire -> /* acknowledged */
#ifndef REPAIR_UNFENCED
       assert(repair_version >= newest_fenced_off); /* I3 */
       newest_repair = repair_version;
       newest_fenced_off = repair_version;
#endif
       target = repair_version;
#ifdef RESOLVE_ANYWAY
       listed = false;
#else
       listed = unclear_since_repair_began;
#endif
       repair_registered = false;
       repair_version = 0;
       repair = idle }
  :: atomic { repair == on_wire && unclear < UNCLEAR ->
       no_clear_answer(repair_version);
       repair_registered = false;
       repair_version = 0;
       repair = idle }

  /* The committer: one batch of all that is safe. */
  :: atomic { started && (saved_position != position || saved_copied != copied ||
                          saved_listed != listed) ->
       saved_position = position;
       saved_copied = copied;
       saved_listed = listed }

  :: atomic { started && crashes < CRASHES ->
       crashes++;
       if
       :: tail == on_wire -> may_land = may_land | (1 << tail_event)
       :: else
       fi;
       if
       :: copy == on_wire -> may_land = may_land | (1 << copy_version)
       :: else
       fi;
       if
       :: repair == on_wire -> may_land = may_land | (1 << repair_version)
       :: else
       fi;
       position = saved_position;
       copied = saved_copied;
#ifdef VOLATILE_RECHECK
       listed = false;
#else
       listed = saved_listed;
#endif
#ifndef NO_SETTLE
       settling = true;
#endif
       begin_process() }

  :: atomic { newest == WRITES && started && copied && !listed && position == newest && LANDED &&
              copy == idle && tail == idle && repair == idle -> break }
  od;
  assert(SHOWS(target) == SHOWS(newest)) /* I1 */
}

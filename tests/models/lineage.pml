/*
 * Lineage: a shard that splits in two, found by listings and read parent first (streams/lineage.h,
 * replicator/tail.cc, replicator/watermark.h).
 *
 * Records are numbered by time. Those of the parent come before the split; then each of the two
 * keys has a child of its own, which is listed late and by itself. A listing comes in pages, in any
 * order; a whole one may miss the parent once. Some time after its end the parent is trimmed: its
 * records and its place in the listings are gone. The job starts before or after the split (after
 * it, when all children are listed: the start margin of 15 minutes), with every earlier record in
 * the copy, and may crash.
 * With no knob this is the engine: a child starts when its parent is finished, that is read to its
 * end and applied. A parent that ended before the start is of no concern once a whole listing
 * missed it. Any other that two whole listings in a row missed, or whose records are gone, is a
 * gap, and the job stops.
 *
 *   NO_BARRIER            a child starts as soon as it is listed
 *   READ_IS_APPLIED       a parent is finished when it is read, with its last page on the wire
 *   UNLISTED_IS_FINISHED  a parent that a whole listing has missed is taken for finished
 *   PARTIAL_LISTING       ... even before a listing is whole
 *   ONE_LISTING           one whole listing without the parent is enough for a gap
 *   POSITION_AT_READ      a shard's position is committed when a page is read
 *   WATERMARK_MAXIMUM     the watermark is the maximum over the shards instead of the minimum
 *   CHILD_UNCOUNTED       a finished parent does not count for children that are not listed yet
 * Sizes: WRITES (of the application), CRASHES.
 *
 * Asserted: no record of a child is applied before all of the parent's (I4); within one process no
 * key goes back (I3); no committed position lies past a record that is not on the target (I2), nor
 * does the watermark; a gap is told only when the parent is really gone; in the end, unless there
 * is a gap, the target equals the source (I1).
 */
#ifndef WRITES
#define WRITES 3
#endif
#ifndef CRASHES
#define CRASHES 1
#endif

#define KEYS 2
#define PARENT 0
#define CHILD(key) (key + 1)
#define SHARDS 3
#define UNKNOWN 255

mtype = { unseen, trimmed, waiting, reading, finished };

/* The source and its stream. */
byte key_of[WRITES];
byte shard_of[WRITES];
byte source[KEYS]; /* a value is its record's number + 1; 0: never written */
byte now = 0;      /* number of writes */
bool split = false;
bool child_listable[KEYS];
bool parent_gone = false; /* trimmed */
bool missed_wrongly = false;

byte target[KEYS];

bool started = false;
bool split_before_start;
byte start_time;
byte crashes = 0;
bool gap = false;

/* Durable, by shard. */
bool saved_begun[SHARDS];
bool saved_finished[SHARDS];
byte saved_position[SHARDS];

/* Lost in a crash. */
mtype state[SHARDS];
bool begun[SHARDS];
byte position[SHARDS];    /* every record of the shard before that time is applied */
byte in_hand[SHARDS];     /* the record on the wire, + 1; 0: none */
byte mark[SHARDS];        /* the shard's watermark */
byte newest_written[KEYS];
bool seen[SHARDS];        /* by the listing that is under way */
bool listed_whole;        /* at least one listing was */
byte parent_missed;       /* whole listings in a row */

/* Scratch; zero between steps. */
byte i;
byte next;
byte watermark;

/* next = the shard's first record from its position, + 1; 0: none */
inline find_next(shard) {
  next = 0;
  i = position[shard];
  do
  :: i < now && next == 0 ->
     if
     :: shard_of[i] == shard -> next = i + 1
     :: else
     fi;
     i++
  :: else -> break
  od;
  i = 0
}

#define RESUMES(shard) (begun[shard] && position[shard] > 0)
#define PARENT_DONE (state[PARENT] == finished || state[PARENT] == trimmed)
#ifdef PARTIAL_LISTING
#define KNOWN(shard) true
#else
#define KNOWN(shard) (listed_whole || RESUMES(shard))
#endif
#if defined(NO_BARRIER)
#define MAY_FOLLOW_PARENT(shard) true
#elif defined(UNLISTED_IS_FINISHED) || defined(PARTIAL_LISTING)
#define MAY_FOLLOW_PARENT(shard) (state[PARENT] == unseen || PARENT_DONE)
#else
#define MAY_FOLLOW_PARENT(shard) (state[PARENT] == unseen -> begun[shard] : PARENT_DONE)
#endif

inline tell_gap() {
  assert(parent_gone); /* no false gap */
  gap = true
}

/* Listings go on for ever; what they do once all are known needs no look. */
#define LISTING \
  (started && !gap && !(PARENT_DONE && state[1] != unseen && state[2] != unseen && listed_whole))
#define CHILDREN_SEEN (child_listable[0] == seen[1] && child_listable[1] == seen[2])

inline observe(shard) {
  seen[shard] = true;
  if
  :: state[shard] == unseen -> state[shard] = waiting
  :: else
  fi
}

#define HELD_BACK(shard) (state[shard] == waiting && !begun[shard])

inline complete_listing() {
  listed_whole = true;
  if
  :: seen[PARENT] -> parent_missed = 0
  :: !seen[PARENT] && parent_missed < 2 -> parent_missed++
  :: else
  fi;
  if
  :: parent_missed > 0 && split_before_start && state[PARENT] != finished &&
         (state[PARENT] != unseen || HELD_BACK(1) || HELD_BACK(2)) ->
     /* Of no concern: a child was made before the start. */
     if
     :: state[PARENT] == unseen -> state[PARENT] = trimmed
     :: state[PARENT] != unseen && parent_missed > 1 -> state[PARENT] = finished
     :: else
     fi
#ifdef ONE_LISTING
  :: parent_missed > 0 && !split_before_start && state[PARENT] != finished -> tell_gap()
#else
  :: parent_missed > 1 && !split_before_start && state[PARENT] != finished -> tell_gap()
#endif
  :: else
  fi;
  for (i : 0 .. (SHARDS - 1)) { seen[i] = false }
  i = 0
}

#define PARENT_MAY_START (state[PARENT] == waiting && KNOWN(PARENT))
#define MAY_START(shard) (state[shard] == waiting && KNOWN(shard) && MAY_FOLLOW_PARENT(shard))
#define LATER(a, b) (a > b -> a : b)

inline start_child(shard) {
  if
  :: MAY_START(shard) ->
     state[shard] = reading;
     begun[shard] = true;
     mark[shard] = LATER(mark[shard], mark[PARENT])
  :: else
  fi
}

inline finish_parent() {
  state[PARENT] = finished;
#ifdef CHILD_UNCOUNTED
  mark[PARENT] = now
#endif
}

inline read(shard) {
  find_next(shard);
  if
  :: shard == PARENT && parent_gone && split_before_start -> finish_parent()
  :: shard == PARENT && parent_gone && !split_before_start -> tell_gap()
  :: !(shard == PARENT && parent_gone) && next > start_time -> in_hand[shard] = next
  :: !(shard == PARENT && parent_gone) && next > 0 && next <= start_time ->
     position[shard] = next; /* older than the start: only passed */
     mark[shard] = next
  :: !(shard == PARENT && parent_gone) && next == 0 ->
     if
     :: shard == PARENT && split -> finish_parent() /* the end */
     :: else -> mark[shard] = now /* the tip */
     fi
  fi;
  next = 0
}

inline apply(shard) {
  if
  :: shard != PARENT ->
     for (i : (start_time + 1) .. now) {
       assert(shard_of[i - 1] != PARENT || i <= position[PARENT]) /* I4 */
     }
  :: else
  fi;
  i = key_of[in_hand[shard] - 1];
  assert(in_hand[shard] >= newest_written[i]); /* I3 */
  newest_written[i] = in_hand[shard];
  target[i] = in_hand[shard];
  position[shard] = in_hand[shard];
  mark[shard] = in_hand[shard];
  in_hand[shard] = 0;
  i = 0
}

/* Fewer states: what is durable matters to the next crash only. */
inline forget_if_never_read() {
  if
  :: crashes == CRASHES ->
     for (i : 0 .. (SHARDS - 1)) {
       saved_begun[i] = false;
       saved_finished[i] = false;
       saved_position[i] = 0
     }
     i = 0
  :: else
  fi
}

#ifdef POSITION_AT_READ
#define SAFE_POSITION(shard) LATER(in_hand[shard], position[shard])
#else
#define SAFE_POSITION(shard) position[shard]
#endif

inline commit() {
  for (i : 1 .. now) {
    assert(i > SAFE_POSITION(shard_of[i - 1]) || target[key_of[i - 1]] >= i) /* I2 */
  }
  for (i : 0 .. (SHARDS - 1)) {
    saved_begun[i] = begun[i];
    saved_finished[i] = (state[i] == finished);
    saved_position[i] = SAFE_POSITION(i)
  }
  i = 0;
  forget_if_never_read()
}

/* The minimum over the shards that are known; a parent stands for children that have not begun. */
inline check_watermark() {
#ifdef WATERMARK_MAXIMUM
  watermark = 0;
#else
  watermark = UNKNOWN;
#endif
  for (i : 0 .. (SHARDS - 1)) {
    if
    :: !begun[i] || (i == PARENT && state[PARENT] == finished && begun[1] && begun[2])
#ifdef WATERMARK_MAXIMUM
    :: else -> watermark = (mark[i] > watermark -> mark[i] : watermark)
#else
    :: else -> watermark = (mark[i] < watermark -> mark[i] : watermark)
#endif
    fi
  }
  if
  :: watermark == UNKNOWN || !(begun[PARENT] || PARENT_DONE) -> watermark = 0 /* not known */
  :: else
  fi;
  for (i : 1 .. now) {
    assert(i > watermark || target[key_of[i - 1]] >= i) /* I2 */
  }
  i = 0;
  watermark = 0
}

inline begin_process() {
  for (i : 0 .. (SHARDS - 1)) {
    begun[i] = saved_begun[i];
    position[i] = saved_position[i];
    mark[i] = saved_position[i];
    in_hand[i] = 0;
    seen[i] = false;
    if
    :: saved_finished[i] -> state[i] = finished
    :: !saved_finished[i] && saved_begun[i] -> state[i] = waiting
    :: else -> state[i] = unseen
    fi
  }
  i = 0;
  listed_whole = false;
  parent_missed = 0;
  newest_written[0] = 0;
  newest_written[1] = 0
}

#define AT_TIP(shard) (state[shard] == reading && in_hand[shard] == 0 && mark[shard] == now)

active proctype World() {
  byte key = 0;
  do
  /* The application, and the stream's service. */
  :: atomic { now < WRITES ->
       select (key : 0 .. (KEYS - 1));
       key_of[now] = key;
       shard_of[now] = (split -> CHILD(key) : PARENT);
       now++;
       source[key] = now;
       key = 0 }
  :: atomic { !split -> split = true }
  :: atomic { split && !child_listable[0] -> child_listable[0] = true }
  :: atomic { split && !child_listable[1] -> child_listable[1] = true }
  :: atomic { split && started && !parent_gone && state[PARENT] != finished -> parent_gone = true }

  :: d_step { !started && (!split || (child_listable[0] && child_listable[1])) ->
       started = true;
       start_time = now;
       split_before_start = split;
       target[0] = source[0];
       target[1] = source[1];
       begin_process() }

  /* Discovery: a page of a listing, or its end. */
  :: d_step { LISTING && !parent_gone && !seen[PARENT] -> observe(PARENT) }
  :: d_step { LISTING && child_listable[0] && !seen[1] -> observe(1) }
  :: d_step { LISTING && child_listable[1] && !seen[2] -> observe(2) }
  :: d_step { LISTING && CHILDREN_SEEN && (parent_gone || seen[PARENT]) ->
       complete_listing() }
  :: d_step { LISTING && CHILDREN_SEEN && !parent_gone && !seen[PARENT] && !missed_wrongly ->
       missed_wrongly = true;
       complete_listing() }

  /* Lineage: all shards that may, start together. */
  :: d_step { started && !gap && PARENT_MAY_START ->
       if
       :: split_before_start && !begun[PARENT] -> finish_parent() /* of no concern */
       :: else -> state[PARENT] = reading; begun[PARENT] = true
       fi }
  :: d_step { started && !gap && (MAY_START(1) || MAY_START(2)) -> start_child(1); start_child(2) }

  /* A reader takes a record, or sees that there is none; applies it. */
  :: d_step { started && !gap && state[PARENT] == reading && in_hand[PARENT] == 0 -> read(PARENT) }
  :: d_step { started && !gap && state[1] == reading && in_hand[1] == 0 -> read(1) }
  :: d_step { started && !gap && state[2] == reading && in_hand[2] == 0 -> read(2) }
  :: d_step { started && !gap && in_hand[PARENT] > 0 -> apply(PARENT) }
  :: d_step { started && !gap && in_hand[1] > 0 -> apply(1) }
  :: d_step { started && !gap && in_hand[2] > 0 -> apply(2) }
#ifdef READ_IS_APPLIED
  :: d_step { started && !gap && in_hand[PARENT] == now && split -> finish_parent() }
#endif

  :: d_step { started -> check_watermark() }
  :: d_step { started && !gap -> commit() }
  :: d_step { started && !gap && crashes < CRASHES ->
       crashes++;
       begin_process();
       forget_if_never_read() }

  :: gap -> break
  :: atomic { now == WRITES && split && started && !gap &&
              (PARENT_DONE || (state[PARENT] == unseen && split_before_start)) &&
              AT_TIP(1) && AT_TIP(2) -> break }
  od;
  if
  :: gap
  :: else -> assert(target[0] == source[0] && target[1] == source[1]) /* I1 */
  fi
}

/*
 * Fence and capacity: when a copied item is registered as being on the wire.
 *
 * Write capacity goes to the tail first, so while the tail is behind the copy may get none. The
 * tail waits for a fenced write of its key. With no knob this is the engine: an attempt holds its
 * capacity before it asks the fence, so that a registration lasts one request (batch_writer.cc).
 *
 *   REGISTER_EARLY  the item is registered first and waits for capacity then
 *
 * Asserted: nobody waits for ever; run without -E, for a deadlock is the fault.
 */
bool touched = false;    /* the key, by the tail */
bool registered = false; /* the key, by the copy */
bool tail_behind = true;

active proctype Copy() {
#ifdef REGISTER_EARLY
  if
  :: atomic { !touched -> registered = true };
     !tail_behind; /* capacity */
     registered = false /* sent and answered */
  :: touched /* dropped */
  fi
#else
  bool done = false;
  do
  :: !done ->
     !tail_behind; /* capacity */
     if
     :: atomic { !touched -> registered = true };
        registered = false;
        if
        :: done = true
        :: skip /* throttled or unclear: once more, capacity first */
        fi
     :: touched -> done = true /* dropped */
     fi
  :: done -> break
  od
#endif
}

active proctype Tail() {
  touched = true;
  !registered; /* sent and answered */
  tail_behind = false
}

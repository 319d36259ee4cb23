// Debian's LevelDB is not built for ThreadSanitizer, which therefore sees the bytes of its
// lock-free list but not the atomics that publish them. Called by ThreadSanitizer alone.

extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() {
  return "race:libleveldb.so\n";
}

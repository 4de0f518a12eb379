/* Counts the calls of a thread that ask for memory, by standing in for glibc's functions: the linker exports what an
 * executable defines and its libraries look for, Swift's runtime included. Under a sanitizer, which stands there
 * itself, its own hook counts. */
#include "Counting.h"

#include <errno.h>
#include <stddef.h>

static _Thread_local uint64_t allocations;

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)

#include <sanitizer/allocator_interface.h>

void __sanitizer_malloc_hook(const volatile void *memory, size_t bytes) {
    (void)memory;
    (void)bytes;
    allocations++;
}

#else

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

void *malloc(size_t bytes) {
    allocations++;
    return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes) {
    allocations++;
    return __libc_calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes) {
    allocations++;
    return __libc_realloc(memory, bytes);
}

void *memalign(size_t alignment, size_t bytes) {
    allocations++;
    return __libc_memalign(alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) { return memalign(alignment, bytes); }

int posix_memalign(void **memory, size_t alignment, size_t bytes) {
    if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
    void *found = memalign(alignment, bytes);
    if (!found) return ENOMEM;
    *memory = found;
    return 0;
}

#endif

__attribute__((noinline)) uint64_t cairn_counted(void (*work)(void *context), void *context) {
    uint64_t before = allocations;
    work(context);
    return allocations - before;
}

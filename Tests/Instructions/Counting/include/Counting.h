#include <stdint.h>

/* Runs `work(context)` and returns how often this thread asked for memory meanwhile. tools/instructions.sh counts the
 * instructions of this function and of all that it calls; it knows it by name. */
uint64_t cairn_counted(void (*work)(void *context), void *context);

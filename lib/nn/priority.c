/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* On Linux a nice value belongs to a thread, not to its process; 0 names the
 * calling thread and the process's id its first. */

#include "nn/pool-private.h"
#include "nn/vinfo-priority.h"

#ifdef __linux__
#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

void
vinfo_priority_lower (VInfoPriority priority)
{
  int wanted;

  /* the pool's threads inherit what their creator has */
  nn_threads ();
  errno = 0;
  wanted = getpriority (PRIO_PROCESS, (id_t)getpid ()) + (int)priority;
  if (errno == 0 && wanted > getpriority (PRIO_PROCESS, 0))
    setpriority (PRIO_PROCESS, 0, wanted);
}
#else
void
vinfo_priority_lower (VInfoPriority priority)
{
  (void)priority;
}
#endif

/* A copy of src/gogym_c/host/cpus.h, made by tools/copy_go_sources.py; edit that one. */
/* What gym__usable_cpus (worker.h) is made of. Not installed. */
#ifndef GOGYM_CPUS_H_
#define GOGYM_CPUS_H_

/* The CPUs that the quotas of this process's cgroups are worth, rounded up; INT_MAX where there is none. All
 * files are looked for behind `prefix`: "", or a folder of a test. */
int gym__quota_cpus(const char *prefix);

#endif /* GOGYM_CPUS_H_ */

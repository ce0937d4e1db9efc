#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Everything of a class that is or may hold a key. */
static const char *const secrets[] = {"keys", "exports/private", "ca", NULL};

const char *confine_readable(const char *class_dir)
{
	char path[4096];

	for (const char *const *s = secrets; *s; s++) {
		struct stat here, above;

		snprintf(path, sizeof(path), "%s/%s", class_dir, *s);
		if (stat(path, &here) != 0 || access(path, R_OK | X_OK) != 0)
			continue;
		/* covered: it lies on another device than the class */
		if (stat(class_dir, &above) == 0 && above.st_dev != here.st_dev &&
		    here.st_nlink == 2 && (here.st_mode & 0777) == 0)
			continue;
		return *s;
	}
	return NULL;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok ? 0 : -1;
}

static int own_namespace(void)
{
	unsigned uid = geteuid(), gid = getegid();
	char map[64];

	if (unshare(CLONE_NEWNS) == 0)
		return 0;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return -errno;
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "%u %u 1\n", uid, uid);
	if (write_file("/proc/self/uid_map", map) != 0)
		return -EPERM;
	snprintf(map, sizeof(map), "%u %u 1\n", gid, gid);
	return write_file("/proc/self/gid_map", map) ? -EPERM : 0;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {0};

	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	return syscall(SYS_capset, &header, none) == 0 ? 0 : -errno;
}

int confine_hide(const char *class_dir, char *how, size_t size)
{
	const char *readable;
	char path[4096];
	int rc = own_namespace(), covered = 0;

	if (rc == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		rc = -errno;
	for (const char *const *s = secrets; *s && rc == 0; s++) {
		snprintf(path, sizeof(path), "%s/%s", class_dir, *s);
		if (access(path, F_OK) != 0)
			continue;
		if (mount("none", path, "tmpfs", MS_RDONLY | MS_NOEXEC | MS_NOSUID | MS_NODEV,
			  "size=4k,mode=000") != 0)
			rc = -errno;
		else
			covered++;
	}
	if (rc == 0)
		rc = drop_capabilities();
	readable = confine_readable(class_dir);
	if (readable)
		snprintf(how, size, "%s/%s can be read by this process (%s)", class_dir, readable,
			 rc ? strerror(-rc) : "it appeared meanwhile");
	else if (covered)
		snprintf(how, size, "keys are out of this process's sight");
	else
		snprintf(how, size, "no keys are within this process's reach");
	return readable ? -1 : 0;
}

int confine_calls(void)
{
#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif
#ifdef ARCH
#define DENY(call)                                             \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		DENY(connect),
		DENY(execve),
		DENY(execveat),
		DENY(ptrace),
		DENY(process_vm_readv),
		DENY(mount),
		DENY(umount2),
		DENY(setns),
		DENY(unshare),
		DENY(kill),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(*code), .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		return -errno;
	return 0;
#else
	return -ENOSYS;
#endif
}

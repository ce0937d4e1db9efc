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

/* What a page never does: call out, start programs, reach into others, look behind what is hidden. */
static const unsigned denied[] = {
	SYS_socket,
	SYS_connect,
	SYS_execve,
	SYS_execveat,
	SYS_clone,
	SYS_clone3,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_pidfd_open,
	SYS_pidfd_getfd,
	SYS_pidfd_send_signal,
	SYS_kill,
	SYS_tkill,
	SYS_tgkill,
	SYS_rt_sigqueueinfo,
	SYS_rt_tgsigqueueinfo,
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_move_mount,
	SYS_open_tree,
	SYS_fsopen,
	SYS_fsmount,
	SYS_fspick,
	SYS_mount_setattr,
	SYS_setns,
	SYS_unshare,
	SYS_open_by_handle_at,
	SYS_io_uring_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_keyctl,
	SYS_add_key,
	SYS_request_key,
#ifdef SYS_fork
	SYS_fork,
	SYS_vfork,
#endif
};

int confine_calls(void)
{
#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif
#ifdef ARCH
#define STMT(code, k)	      (struct sock_filter) BPF_STMT(code, k)
#define JUMP(code, k, jt, jf) (struct sock_filter) BPF_JUMP(code, k, jt, jf)
	struct sock_filter code[2 * sizeof(denied) / sizeof(*denied) + 8];
	struct sock_fprog program = {.filter = code};
	unsigned short n = 0;

	code[n++] = STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	code[n++] = JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	code[n++] = STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	code[n++] = STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
#ifdef __X32_SYSCALL_BIT /* the same calls under other numbers */
	code[n++] = JUMP(BPF_JMP | BPF_JGE | BPF_K, __X32_SYSCALL_BIT, 0, 1);
	code[n++] = STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
#endif
	for (size_t i = 0; i < sizeof(denied) / sizeof(*denied); i++) {
		code[n++] = JUMP(BPF_JMP | BPF_JEQ | BPF_K, denied[i], 0, 1);
		code[n++] = STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	}
	code[n++] = STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		return -errno;
	return 0;
#else
	return -ENOSYS;
#endif
}

// SPDX-License-Identifier: GPL-3.0-or-later
// The first process. It makes the little world that programs expect, and then does nothing but watch: a child
// of it is the agent, and should that ever die, the kernel does not panic: it is started anew with the same
// nonce, so that the server knows it again.
#include "agent/agent.h"
#include "agent/console.h"
#include "agent/kernel_log.h"
#include "agent/modules.h"
#include "agent/network.h"
#include "agent/probe.h"
#include "agent/steps.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define INIT_AGAIN_S       10
#define INIT_GIVE_UP_S     600
#define INIT_LINE_BYTES    8192
#define INIT_MOUNTS_MOST   64
#define INIT_EFI_FOLDER    "/sys/firmware/efi/efivars"
#define INIT_KILLED_WAIT_S 1

static const struct init_mount {
    const char *what;
    const char *where;
    unsigned long flags;
    const char *options;
} INIT_MOUNTS[] = {
    {"proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
    {"sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
    {"devtmpfs", "/dev", MS_NOSUID, "mode=0755"},
    {"devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "mode=0620,ptmxmode=0666"},
    {"tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777"},
    {"tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755"},
    {"tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777"},
};

static const struct init_link { // what udev would make, and shell scripts count on
    const char *what;
    const char *where;
} INIT_LINKS[] = {
    {"/proc/self/fd", "/dev/fd"},
    {"/proc/self/fd/0", "/dev/stdin"},
    {"/proc/self/fd/1", "/dev/stdout"},
    {"/proc/self/fd/2", "/dev/stderr"},
};

static void init_mount_all(void)
{
    for (size_t i = 0; i < COUNT_OF(INIT_MOUNTS); i++) {
        const struct init_mount *mounted = &INIT_MOUNTS[i];
        (void)mkdir(mounted->where, 0755);
        (void)mount(mounted->what, mounted->where, mounted->what, mounted->flags, mounted->options);
    }
    for (size_t i = 0; i < COUNT_OF(INIT_LINKS); i++) {
        if (symlink(INIT_LINKS[i].what, INIT_LINKS[i].where) != 0 && errno != EEXIST) {
            perror(INIT_LINKS[i].where);
        }
    }
}

// Nothing is read from standard input, and what no file of ours catches goes to the kernel's console.
static void init_set_up(void)
{
    int nothing = open("/dev/null", O_RDWR);
    int kernel_console = open("/dev/console", O_WRONLY | O_NOCTTY);
    int said = kernel_console >= 0 ? kernel_console : nothing;
    if (nothing >= 0) {
        (void)dup2(nothing, STDIN_FILENO);
    }
    if (said >= 0) {
        (void)dup2(said, STDOUT_FILENO);
        (void)dup2(said, STDERR_FILENO);
    }
    if (nothing > STDERR_FILENO) {
        (void)close(nothing);
    }
    if (kernel_console > STDERR_FILENO) {
        (void)close(kernel_console);
    }
    (void)setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
    (void)setenv("LC_ALL", "C", 1);
    (void)setenv("HOME", "/", 1);
    (void)umask(022);
    if (sethostname("imprint-agent", strlen("imprint-agent")) != 0 || chdir("/") != 0) {
        perror("imprint");
    }
}

// Everything that lies on a disk, the last mounted first.
static void init_unmount_disks(void)
{
    char *places[INIT_MOUNTS_MOST];
    unsigned count = 0;
    FILE *file = setmntent("/proc/self/mounts", "re");
    for (struct mntent *entry;
         file != NULL && count < INIT_MOUNTS_MOST && (entry = getmntent(file)) != NULL;) {
        bool is_below = false; // what a chroot needs is mounted inside of what lies on a disk
        for (unsigned i = 0; i < count && !is_below; i++) {
            is_below = text_starts(entry->mnt_dir, places[i]) && entry->mnt_dir[strlen(places[i])] == '/';
        }
        if (is_below || text_starts(entry->mnt_fsname, "/dev/")) {
            places[count] = strdup(entry->mnt_dir);
            count += places[count] != NULL ? 1 : 0;
        }
    }
    if (file != NULL) {
        (void)endmntent(file);
    }
    while (count != 0) {
        char *place = places[--count];
        if (umount(place) != 0) {
            (void)mount(NULL, place, NULL, MS_REMOUNT | MS_RDONLY, NULL);
            (void)umount2(place, MNT_DETACH);
        }
        free(place);
    }
}

static void init_restart(void)
{
    console_say("restarting");
    sync();
    init_unmount_disks();
    sync();
    (void)reboot(RB_AUTOBOOT);
    for (;;) { // the kernel could not: only a hand can
        console_say("the machine does not restart (%s): switch it off and on", strerror(errno));
        (void)sleep(INIT_GIVE_UP_S);
    }
}

static void init_pause(unsigned seconds)
{
    while (seconds != 0) {
        seconds = sleep(seconds);
    }
}

static void init_read_line(const char *path, char *out, size_t out_bytes)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = file < 0 ? -1 : read(file, out, out_bytes - 1);
    if (file >= 0) {
        (void)close(file);
    }
    out[got > 0 ? got : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

static void init_fill_hello(const struct agent_boot *boot, const char *nonce, struct talk_hello *hello)
{
    char uuid[64];
    *hello = (struct talk_hello){.version = TALK_VERSION, .mac = boot->mac, .order_id = boot->order_id};
    (void)text_copy(hello->agent, sizeof hello->agent, IMPRINT_VERSION);
    (void)text_copy(hello->nonce, sizeof hello->nonce, nonce);
    init_read_line("/sys/class/dmi/id/product_uuid", uuid, sizeof uuid);
    if (uuid_parse(uuid, &hello->uuid) != STATUS_OK) {
        hello->uuid = (struct uuid){0};
    }
}

// Told at the screen, and then the firmware gets its turn again.
static void init_give_up(const char *headline, const struct problem *problem)
{
    const char *lines[] = {problem->text, problem->remedy,
                           "The machine restarts in 10 minutes, or at a key."};
    console_show(headline, lines, COUNT_OF(lines));
    (void)console_wait_key(INIT_GIVE_UP_S);
    init_restart();
}

// The agent itself, a child of pid 1; it ends with a restart of the machine.
static void init_work(const char *nonce)
{
    static const struct steps_world world = {.probe = probe,
                                             .write_content = write_content,
                                             .write_seal = write_seal,
                                             .wait_key = console_wait_key,
                                             .look = modules_look,
                                             .mark = modules_mark_disks,
                                             .pause = init_pause,
                                             .restart = init_restart};
    static struct network network; // the thread that keeps the lease has it for ever
    static char line[INIT_LINE_BYTES];
    console_open(true);
    kernel_log_follow();
    console_say("imprint agent " IMPRINT_VERSION);
    struct agent_boot boot;
    struct problem problem;
    problem_clear(&problem);
    init_read_line("/proc/cmdline", line, sizeof line);
    if (agent_boot_parse(line, &boot, &problem) != STATUS_OK) {
        init_give_up("This machine was not started by an imprint server", &problem);
    }
    char address[IP4_TEXT_BYTES];
    console_say("order %llu of the server %s port %u", (unsigned long long)boot.order_id,
                ip4_print(boot.server, address), boot.tls_port != 0 ? boot.tls_port : boot.port);
    if (boot.tls_port == 0) {
        console_say("the server has no HTTPS: what it says to this machine can be read on the network");
    }
    console_say("looking for hardware");
    modules_load();
    if (access("/sys/firmware/efi", F_OK) == 0) {
        (void)mount("efivarfs", INIT_EFI_FOLDER, "efivarfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    }
    network_start(&network, &boot.mac, modules_look);
    network_keep(&network);
    struct steps_start start = {.server = boot.server,
                                .port = boot.port,
                                .tls_port = boot.tls_port,
                                .certificate = boot.certificate,
                                .world = &world};
    init_fill_hello(&boot, nonce, &start.hello);
    steps_run(&start);
    init_restart();
}

static void init_make_nonce(char nonce[TALK_NONCE_BYTES])
{
    uint8_t bytes[(TALK_NONCE_BYTES - 1) / 2];
    size_t have = 0;
    while (have < sizeof bytes) {
        ssize_t got = getrandom(bytes + have, sizeof bytes - have, 0);
        have += got > 0 ? (size_t)got : 0;
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        (void)snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
    }
}

// Waits for the agent's end; whatever else ends meanwhile had lost its parent.
static int init_wait(pid_t agent)
{
    int result = 0;
    for (;;) {
        pid_t ended = waitpid(-1, &result, 0);
        if (ended == agent || (ended < 0 && errno == ECHILD)) {
            return result;
        }
    }
}

int agent_main_init(void)
{
    init_mount_all();
    init_set_up();
    char nonce[TALK_NONCE_BYTES];
    init_make_nonce(nonce);
    for (;;) {
        pid_t agent = fork();
        if (agent == 0) {
            init_work(nonce);
            _exit(1); // not reached
        }
        int result = agent < 0 ? 0 : init_wait(agent);
        (void)fprintf(stderr, "\nimprint: the agent ended unexpectedly (%s %d); it starts again in %u s\n",
                      WIFSIGNALED(result) ? "signal" : "status",
                      WIFSIGNALED(result) ? WTERMSIG(result) : WEXITSTATUS(result), INIT_AGAIN_S);
        (void)kill(-1, SIGKILL); // everything but us: what it had started must not write on
        init_pause(INIT_KILLED_WAIT_S);
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
        init_unmount_disks();
        init_pause(INIT_AGAIN_S);
    }
}

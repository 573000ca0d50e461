// SPDX-License-Identifier: GPL-3.0-or-later
// Several consoles, one voice. A screen (a virtual terminal) takes a few escape sequences; a serial line gets
// plain lines, since its other end is often a file. Whatever is shown passes text_add_escaped first. Any
// thread may speak.
#include "agent/console.h"

#include "agent/bar.h"
#include "agent/console_log.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CONSOLES_MOST          8
#define CONSOLE_LINE_BYTES     1024
#define CONSOLE_FRAME_COLUMNS  76 // inside the frame
#define CONSOLE_STUCK_MS       200
#define CONSOLE_SCREEN_BAR_MS  250
#define CONSOLE_SERIAL_BAR_MS  2000
#define CONSOLE_SERIAL_TELL_S  10 // how often a countdown is told on a serial line
#define CONSOLE_UARTS          4
#define CONSOLE_LIST_BYTES     4096
#define CONSOLE_PATH_BYTES     64
#define CONSOLE_COUNTDOWN_TICK 1000

struct console_port {
    int file;
    bool is_screen;
    bool can_read;
    bool has_bar; // the line that the cursor is on is the bar
    int64_t bar_ms;
};

struct console {
    pthread_mutex_t lock;
    struct console_port ports[CONSOLES_MOST];
    unsigned count;
    int64_t start_ms;
    struct bar bar;
    struct console_log log;
};

static struct console console = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int64_t console_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// A line that takes nothing (flow control, no screen) must not stop the work: what it does not take is lost.
static void console_put(const struct console_port *port, const char *data, size_t bytes)
{
    while (bytes != 0) {
        ssize_t wrote = write(port->file, data, bytes);
        if (wrote > 0) {
            data += wrote;
            bytes -= (size_t)wrote;
            continue;
        }
        struct pollfd ready = {.fd = port->file, .events = POLLOUT};
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote == 0 || errno != EAGAIN || poll(&ready, 1, CONSOLE_STUCK_MS) <= 0) {
            return;
        }
    }
}

static void console_put_text(const struct console_port *port, const char *text)
{
    console_put(port, text, strlen(text));
}

static void console_set_up(struct console_port *port, bool set_speed)
{
    struct termios mode;
    if (tcgetattr(port->file, &mode) != 0) {
        return;
    }
    port->can_read = true;
    // Keys come at once and are not shown; line ends still become CR LF.
    mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL);
    mode.c_iflag |= IGNBRK | IGNPAR;
    mode.c_oflag |= OPOST | ONLCR;
    mode.c_cflag |= CLOCAL | CREAD;
    mode.c_cc[VMIN] = 0;
    mode.c_cc[VTIME] = 0;
    if (set_speed) {
        (void)cfsetspeed(&mode, B115200);
    }
    (void)tcsetattr(port->file, TCSANOW, &mode);
}

static void console_add(const char *name, bool set_speed)
{
    char path[CONSOLE_PATH_BYTES];
    if (console.count == CONSOLES_MOST || snprintf(path, sizeof path, "/dev/%s", name) >= (int)sizeof path) {
        return;
    }
    int file = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file < 0) {
        return;
    }
    struct console_port *port = &console.ports[console.count++];
    *port = (struct console_port){.file = file, .is_screen = strcmp(name, "tty0") == 0};
    console_set_up(port, set_speed);
}

// The kernel's consoles: their names stand first on each line of /proc/consoles.
static size_t console_read_list(char out[CONSOLE_LIST_BYTES])
{
    int file = open("/proc/consoles", O_RDONLY | O_CLOEXEC);
    ssize_t got = file < 0 ? -1 : read(file, out, CONSOLE_LIST_BYTES - 1);
    if (file >= 0) {
        (void)close(file);
    }
    size_t bytes = got > 0 ? (size_t)got : 0;
    out[bytes] = '\0';
    return bytes;
}

// A serial port that the kernel was not told to use counts when there is a chip behind it.
static bool console_is_uart(const char *name)
{
    char path[CONSOLE_PATH_BYTES];
    (void)snprintf(path, sizeof path, "/dev/%s", name);
    int file = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    struct serial_struct serial = {0};
    bool is_real = ioctl(file, TIOCGSERIAL, &serial) == 0 && serial.type != PORT_UNKNOWN;
    (void)close(file);
    return is_real;
}

static void console_open_all(void)
{
    char list[CONSOLE_LIST_BYTES];
    (void)console_read_list(list);
    bool is_known[CONSOLE_UARTS] = {0};
    console_add("tty0", false);
    char *rest = list;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        line[strcspn(line, " \t")] = '\0';
        if (strncmp(line, "tty", 3) == 0 && line[3] >= '0' && line[3] <= '9') {
            continue; // a virtual terminal: there already
        }
        if (line[0] == '\0' || strchr(line, '/') != NULL || strncmp(line, "ttynull", 7) == 0) {
            continue;
        }
        if (strncmp(line, "ttyS", 4) == 0 && line[4] >= '0' && line[4] < '0' + CONSOLE_UARTS &&
            line[5] == '\0') {
            is_known[line[4] - '0'] = true;
        }
        console_add(line, false);
    }
    for (unsigned i = 0; i < CONSOLE_UARTS; i++) {
        char name[] = {'t', 't', 'y', 'S', (char)('0' + i), '\0'};
        if (!is_known[i] && console_is_uart(name)) {
            console_add(name, true);
        }
    }
}

void console_open(bool is_init)
{
    (void)pthread_mutex_lock(&console.lock);
    console.start_ms = console_now_ms();
    if (is_init) {
        console.start_ms = 0; // as the kernel's own messages count
        console_open_all();
        for (unsigned i = 0; i < console.count; i++) {
            if (console.ports[i].is_screen) {
                console_put_text(&console.ports[i], "\033[0m\033[2J\033[H");
            }
        }
    } else {
        console.ports[0] = (struct console_port){.file = STDERR_FILENO,
                                                 .is_screen = isatty(STDERR_FILENO) == 1,
                                                 .can_read = isatty(STDERR_FILENO) == 1};
        console.count = 1;
    }
    (void)pthread_mutex_unlock(&console.lock);
}

// The cursor stands at the beginning of an empty line again.
static void console_leave_bar(struct console_port *port)
{
    if (port->has_bar) {
        console_put_text(port, port->is_screen ? "\r\033[K" : "\n");
        port->has_bar = false;
    }
}

static void console_draw_bar(struct console_port *port, int64_t now_ms)
{
    char line[BAR_BYTES + 8];
    struct text text;
    text_init(&text, line, sizeof line);
    text_add(&text, port->has_bar ? "\r" : "");
    bar_print(&console.bar, &text);
    text_add(&text, port->is_screen ? "\033[K" : "  ");
    console_put_text(port, line);
    port->has_bar = true;
    port->bar_ms = now_ms;
}

static void console_put_line(const char *line)
{
    int64_t now_ms = console_now_ms();
    for (unsigned i = 0; i < console.count; i++) {
        struct console_port *port = &console.ports[i];
        bool had_bar = port->has_bar;
        console_leave_bar(port);
        console_put_text(port, line);
        if (had_bar && port->is_screen) {
            console_draw_bar(port, now_ms);
        }
    }
}

static void console_tell(bool is_shown, const char *format, va_list words)
{
    char said[CONSOLE_LINE_BYTES];
    (void)vsnprintf(said, sizeof said, format, words);
    (void)pthread_mutex_lock(&console.lock);
    int64_t passed_ms = console_now_ms() - console.start_ms;
    char *rest = said;
    for (char *part = strsep(&rest, "\n"); part != NULL; part = strsep(&rest, "\n")) {
        char line[4 * CONSOLE_LINE_BYTES + 32];
        struct text text;
        text_init(&text, line, sizeof line - 1);
        text_add_format(&text, "[%6lld.%01lld] ", (long long)(passed_ms / 1000),
                        (long long)(passed_ms % 1000 / 100));
        text_add_escaped(&text, part, strlen(part));
        line[text.length++] = '\n';
        line[text.length] = '\0';
        if (is_shown) {
            console_put_line(line);
        }
        console_log_add(&console.log, line, text.length);
    }
    (void)pthread_mutex_unlock(&console.lock);
}

void console_say(const char *format, ...)
{
    va_list words;
    va_start(words, format);
    console_tell(true, format, words);
    va_end(words);
}

void console_note(const char *format, ...)
{
    va_list words;
    va_start(words, format);
    console_tell(false, format, words);
    va_end(words);
}

void console_progress(const char *what, uint64_t done, uint64_t all)
{
    (void)pthread_mutex_lock(&console.lock);
    int64_t now_ms = console_now_ms();
    bool is_other = strncmp(what, console.bar.what, sizeof console.bar.what - 1) != 0;
    bar_step(&console.bar, what, done, all, now_ms);
    for (unsigned i = 0; i < console.count; i++) {
        struct console_port *port = &console.ports[i];
        int64_t pause_ms = port->is_screen ? CONSOLE_SCREEN_BAR_MS : CONSOLE_SERIAL_BAR_MS;
        if (is_other) {
            console_leave_bar(port);
        }
        if (is_other || now_ms - port->bar_ms >= pause_ms || (all != 0 && done == all)) {
            console_draw_bar(port, now_ms);
        }
    }
    (void)pthread_mutex_unlock(&console.lock);
}

void console_progress_end(void)
{
    (void)pthread_mutex_lock(&console.lock);
    console.bar = (struct bar){0};
    for (unsigned i = 0; i < console.count; i++) {
        console_leave_bar(&console.ports[i]);
    }
    (void)pthread_mutex_unlock(&console.lock);
}

static void console_frame_edge(struct text *out)
{
    text_add_char(out, '+');
    for (unsigned i = 0; i < CONSOLE_FRAME_COLUMNS; i++) {
        text_add_char(out, '-');
    }
    text_add(out, "+\n");
}

// One line inside the frame, or several when it is long: broken at a blank where there is one.
static void console_frame_line(struct text *out, const char *line)
{
    char safe[CONSOLE_LINE_BYTES];
    struct text escaped;
    text_init(&escaped, safe, sizeof safe);
    text_add_escaped(&escaped, line, strlen(line));
    const size_t width = CONSOLE_FRAME_COLUMNS - 2;
    const char *at = safe;
    do {
        size_t left = strlen(at);
        size_t bytes = size_min(left, width);
        if (left > width) {
            size_t blank = bytes;
            while (blank > width / 2 && at[blank] != ' ') {
                blank--;
            }
            bytes = at[blank] == ' ' ? blank : bytes;
        }
        text_add(out, "| ");
        text_add_bytes(out, at, bytes);
        for (size_t i = bytes; i < width; i++) {
            text_add_char(out, ' ');
        }
        text_add(out, " |\n");
        at += bytes;
        at += *at == ' ' ? 1 : 0;
    } while (*at != '\0');
}

void console_show(const char *headline, const char *const lines[], unsigned count)
{
    static char frame[16 * CONSOLE_LINE_BYTES]; // guarded by the lock
    (void)pthread_mutex_lock(&console.lock);
    struct text text;
    text_init(&text, frame, sizeof frame);
    console_frame_edge(&text);
    console_frame_line(&text, headline);
    console_frame_edge(&text);
    for (unsigned i = 0; i < count; i++) {
        console_frame_line(&text, lines[i]);
    }
    if (count != 0) {
        console_frame_edge(&text);
    }
    for (unsigned i = 0; i < console.count; i++) {
        struct console_port *port = &console.ports[i];
        console_leave_bar(port);
        console_put_text(port, port->is_screen && console.start_ms == 0 ? "\033[2J\033[H\n" : "\n");
        console_put(port, frame, text.length);
    }
    console_log_add(&console.log, frame, text.length);
    (void)pthread_mutex_unlock(&console.lock);
}

static void console_countdown(unsigned left_s)
{
    char line[64];
    (void)snprintf(line, sizeof line, "press any key: %u s left ", left_s);
    (void)pthread_mutex_lock(&console.lock);
    for (unsigned i = 0; i < console.count; i++) {
        struct console_port *port = &console.ports[i];
        if (port->is_screen) {
            console_put_text(port, "\r\033[K");
            console_put_text(port, line);
            port->has_bar = true;
        } else if (left_s % CONSOLE_SERIAL_TELL_S == 0) {
            console_put_text(port, line);
            console_put_text(port, "\n");
        }
    }
    (void)pthread_mutex_unlock(&console.lock);
}

// Waits up to a second; whether somebody pressed a key. NULs are noise on an open line, not keys.
static bool console_has_key(void)
{
    struct pollfd ready[CONSOLES_MOST];
    nfds_t count = 0;
    for (unsigned i = 0; i < console.count; i++) {
        if (console.ports[i].can_read) {
            ready[count++] = (struct pollfd){.fd = console.ports[i].file, .events = POLLIN};
        }
    }
    int64_t until_ms = console_now_ms() + CONSOLE_COUNTDOWN_TICK;
    for (int64_t left_ms = CONSOLE_COUNTDOWN_TICK; left_ms > 0; left_ms = until_ms - console_now_ms()) {
        if (poll(ready, count, (int)left_ms) <= 0) {
            continue;
        }
        for (nfds_t i = 0; i < count; i++) {
            char keys[64];
            ssize_t got = ready[i].revents == 0 ? 0 : read(ready[i].fd, keys, sizeof keys);
            for (ssize_t key = 0; key < got; key++) {
                if (keys[key] != '\0') {
                    return true;
                }
            }
            if (ready[i].revents != 0 && got <= 0) {
                ready[i].fd = -1; // hung up: poll passes it over from now on
            }
        }
    }
    return false;
}

bool console_wait_key(unsigned timeout_s)
{
    for (unsigned i = 0; i < console.count; i++) { // what was typed before the question is no answer to it
        if (console.ports[i].can_read) {
            (void)tcflush(console.ports[i].file, TCIFLUSH);
        }
    }
    bool is_pressed = false;
    for (unsigned left_s = timeout_s; left_s != 0 && !is_pressed; left_s--) {
        console_countdown(left_s);
        is_pressed = console_has_key();
    }
    console_progress_end();
    return is_pressed;
}

size_t console_log_peek(char *out, size_t bytes)
{
    (void)pthread_mutex_lock(&console.lock);
    size_t count = console_log_copy(&console.log, out, bytes);
    (void)pthread_mutex_unlock(&console.lock);
    return count;
}

void console_log_sent(size_t count)
{
    (void)pthread_mutex_lock(&console.lock);
    console_log_drop(&console.log, count);
    (void)pthread_mutex_unlock(&console.lock);
}

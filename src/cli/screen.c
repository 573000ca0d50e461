// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/screen.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_DEFAULT 80
#define COLUMNS_LEAST   40

static unsigned find_columns(int fd)
{
    struct winsize size = {0};
    uint64_t columns = 0;
    const char *variable = getenv("COLUMNS");
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col != 0) {
        columns = size.ws_col;
    } else if (variable == NULL || text_parse_u64(variable, 1000, &columns) != STATUS_OK) {
        columns = COLUMNS_DEFAULT;
    }
    return columns < COLUMNS_LEAST ? COLUMNS_LEAST : (unsigned)columns;
}

struct screen screen_open(FILE *out)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    struct screen screen = {.out = out, .is_terminal = isatty(fileno(out)) == 1};
    screen.has_colours = screen.is_terminal && (no_color == NULL || no_color[0] == '\0') && term != NULL &&
                         strcmp(term, "dumb") != 0;
    screen.columns = screen.is_terminal ? find_columns(fileno(out)) : COLUMNS_DEFAULT;
    return screen;
}

void screen_paint(const struct screen *screen, enum screen_paint paint, const char *text)
{
    static const char *const codes[] = {
        [SCREEN_PLAIN] = "",        [SCREEN_BOLD] = "\033[1m",  [SCREEN_DIM] = "\033[2m",
        [SCREEN_GOOD] = "\033[32m", [SCREEN_WARN] = "\033[33m", [SCREEN_BAD] = "\033[31m"};
    bool is_painted = screen->has_colours && paint != SCREEN_PLAIN;
    if (is_painted) {
        (void)fputs(codes[paint], screen->out);
    }
    screen_print_safe(screen->out, text, false);
    if (is_painted) {
        (void)fputs("\033[0m", screen->out);
    }
}

void screen_print_safe(FILE *out, const char *text, bool has_lines)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        bool is_c1 = at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f;
        bool is_layout = has_lines && (*at == '\n' || *at == '\t');
        if (is_c1 || (text_is_control((char)*at) && !is_layout)) {
            (void)fputc('?', out);
            at += is_c1 ? 1 : 0;
        } else {
            (void)fputc(*at, out);
        }
    }
}

size_t screen_width(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80 ? 1 : 0; // not a continuation byte
    }
    return width;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/ftp.h"

#include "session/ftp_path.h"

#include <string.h>

#define VERB_BYTES    8
#define PORT_LEAST    1024 // RFC 2577 section 3: no services are to be reached through us
#define FAILURES_MOST 20   // who sends nothing that is a command speaks another protocol

struct command {
    const char *verb;
    void (*run)(struct ftp *ftp, const char *argument, struct ftp_step *step);
    bool is_free;    // before logging in
    bool needs_name; // an argument
    bool is_write;   // RFC 1123 section 4.1.2.13: known, and refused
};

static void reply(struct ftp_step *step, const char *line)
{
    struct text text;
    text_init(&text, step->reply, sizeof step->reply);
    text_add(&text, line);
    text_add(&text, "\r\n");
}

static bool find_path(const struct ftp *ftp, const char *name, struct ftp_step *step)
{
    enum status status = ftp_path_parse(ftp->folder, name, step->path, sizeof step->path);
    if (status != STATUS_OK) {
        step->path[0] = '\0';
        reply(step, status == STATUS_TOO_LONG ? "553 That name is too long."
                                              : "553 No name here has control characters or backslashes.");
    }
    return status == STATUS_OK;
}

// Logging in.

static void run_user(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    ftp->is_named = text_equal_nocase(argument, "anonymous") || text_equal_nocase(argument, "ftp");
    ftp->is_in = false;
    reply(step, ftp->is_named ? "331 Any password will do."
                              : "530 Only anonymous is served here: log in as anonymous or ftp.");
}

static void run_pass(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    (void)argument; // by tradition an e-mail address: nobody needs it
    ftp->is_in = ftp->is_named;
    reply(step, ftp->is_in ? "230 Logged in; everything here is read-only." : "503 USER anonymous first.");
}

static void run_acct(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    (void)ftp;
    (void)argument;
    reply(step, "202 No account is needed.");
}

static void run_quit(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    (void)ftp;
    (void)argument;
    step->need = FTP_NEED_END;
    reply(step, "221 Goodbye.");
}

static void run_auth(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    (void)ftp;
    (void)argument;
    reply(step, "502 There is no TLS here: use HTTPS for what must not be read on the way.");
}

// Where we are.

static void run_pwd(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    (void)argument;
    ftp_print_folder(ftp, step->reply);
}

static void run_cwd(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    if (find_path(ftp, argument, step)) {
        step->need = FTP_NEED_ENTER;
    }
}

static void run_cdup(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    (void)argument;
    run_cwd(ftp, "..", step);
}

// How data are sent.

static void run_type(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    bool is_ascii = text_equal_nocase(argument, "A") || text_equal_nocase(argument, "A N");
    bool is_image = text_equal_nocase(argument, "I") || text_equal_nocase(argument, "L 8") ||
                    text_equal_nocase(argument, "L8");
    ftp->is_ascii = is_ascii || (ftp->is_ascii && !is_image);
    reply(step, is_ascii   ? "200 Type A; files are sent as they are all the same."
                : is_image ? "200 Type I."
                           : "504 Only the types A and I are known.");
}

static void run_stru(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    (void)ftp;
    reply(step, text_equal_nocase(argument, "F") ? "200 Structure F." : "504 Only structure F is known.");
}

static void run_mode(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    (void)ftp;
    reply(step, text_equal_nocase(argument, "S") ? "200 Mode S." : "504 Only mode S is known.");
}

static void run_pasv(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    (void)argument;
    if (!ip_is_ip4(ftp->server)) {
        reply(step, "425 PASV cannot tell an IPv6 address: use EPSV.");
        return;
    }
    step->need = FTP_NEED_PASSIVE;
}

static void run_epsv(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    const char *own = ip_is_ip4(ftp->server) ? "1" : "2";
    if (text_equal_nocase(argument, "ALL")) {
        ftp->is_extended = true;
        reply(step, "200 Nothing but EPSV from now on.");
    } else if (argument[0] != '\0' && strcmp(argument, own) != 0) {
        reply(step, ip_is_ip4(ftp->server) ? "522 Another protocol than this connection's, use (1)"
                                           : "522 Another protocol than this connection's, use (2)");
    } else {
        step->need = FTP_NEED_PASSIVE;
        step->is_extended = true;
    }
}

// A number of `at`, which moves behind it; false when there is none up to `most`.
static bool take_number(const char **at, uint32_t most, uint32_t *value)
{
    const char *start = *at;
    *value = 0;
    while (**at >= '0' && **at <= '9' && *at - start < 6) {
        *value = *value * 10 + (uint32_t)(**at - '0');
        (*at)++;
    }
    return *at != start && *value <= most;
}

// "h1,h2,h3,h4,p1,p2"
static bool parse_port(const char *argument, struct ip *address, uint16_t *port)
{
    uint32_t numbers[6];
    const char *at = argument;
    for (unsigned i = 0; i < 6; i++) {
        if (!take_number(&at, 255, &numbers[i]) || *at != (i == 5 ? '\0' : ',')) {
            return false;
        }
        at++;
    }
    *address = ip_from_ip4((struct ip4){numbers[0] << 24 | numbers[1] << 16 | numbers[2] << 8 | numbers[3]});
    *port = (uint16_t)(numbers[4] << 8 | numbers[5]);
    return true;
}

// "|1|132.235.1.2|6275|", with any character for "|".
static bool parse_eprt(const char *argument, struct ip *address, uint16_t *port)
{
    char host[IP_TEXT_BYTES];
    char mark = argument[0];
    uint32_t number;
    uint32_t family;
    const char *at = argument + 1;
    if (mark < 33 || mark > 126 || !take_number(&at, 2, &family) || *at != mark) {
        return false;
    }
    const char *end = strchr(++at, mark);
    if (end == NULL || (size_t)(end - at) >= sizeof host) {
        return false;
    }
    memcpy(host, at, (size_t)(end - at));
    host[end - at] = '\0';
    at = end + 1;
    if (!take_number(&at, 65535, &number) || at[0] != mark || at[1] != '\0' ||
        ip_parse(host, address) != STATUS_OK) {
        return false;
    }
    *port = (uint16_t)number;
    return family == (ip_is_ip4(*address) ? 1 : 2);
}

static void set_active(struct ftp *ftp, bool is_parsed, struct ip address, uint16_t port,
                       struct ftp_step *step)
{
    if (!is_parsed) {
        reply(step, "501 That is no address with a port.");
    } else if (!ip_equal(address, ftp->peer)) {
        reply(step, "500 Data are only sent to the address that this connection comes from.");
    } else if (port < PORT_LEAST) {
        reply(step, "500 Data are not sent to ports below 1024.");
    } else {
        ftp->data = FTP_DATA_ACTIVE;
        ftp->active_port = port;
        reply(step, "200 Data will come to that port.");
    }
}

static void run_port(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    struct ip address = {{{0}}};
    uint16_t port = 0;
    bool is_parsed = parse_port(argument, &address, &port);
    set_active(ftp, is_parsed, address, port, step);
}

static void run_eprt(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    struct ip address = {{{0}}};
    uint16_t port = 0;
    bool is_parsed = parse_eprt(argument, &address, &port);
    set_active(ftp, is_parsed, address, port, step);
}

// Files.

static void run_rest(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    uint64_t offset;
    if (text_parse_u64(argument, INT64_MAX, &offset) != STATUS_OK) {
        reply(step, "501 REST wants a number of bytes.");
        return;
    }
    ftp->restart = offset;
    struct text text;
    text_init(&text, step->reply, sizeof step->reply);
    text_add_format(&text, "350 RETR will begin at byte %llu.\r\n", (unsigned long long)offset);
}

static bool has_data(const struct ftp *ftp, struct ftp_step *step)
{
    if (ftp->data == FTP_DATA_DEFAULT) {
        reply(step, "425 Say EPSV, PASV, EPRT or PORT first.");
        return false;
    }
    return true;
}

static void run_retr(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    step->offset = ftp->restart;
    if (has_data(ftp, step) && find_path(ftp, argument, step)) {
        step->need = FTP_NEED_SEND;
    }
}

static void run_size(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    if (find_path(ftp, argument, step)) {
        step->need = FTP_NEED_SIZE;
    }
}

static void run_mdtm(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    if (find_path(ftp, argument, step)) {
        step->need = FTP_NEED_TIME;
    }
}

// Options as of ls, which are of no matter here: all names are always shown.
static const char *skip_options(const char *argument)
{
    while (argument[0] == '-') {
        argument += strcspn(argument, " ");
        argument += strspn(argument, " ");
    }
    return argument;
}

// A pattern as of the shell in the last part of the name, which clients send for "mget".
static void take_pattern(struct ftp_step *step)
{
    char *slash = strrchr(step->path, '/');
    char *last = slash == NULL ? step->path : slash + 1;
    if (strpbrk(last, "*?") != NULL && text_copy(step->pattern, sizeof step->pattern, last) == STATUS_OK) {
        *(slash == NULL ? step->path : slash) = '\0';
    }
}

static void run_listing(struct ftp *ftp, const char *argument, enum ftp_list list, struct ftp_step *step)
{
    step->list = list;
    if (!has_data(ftp, step) || !find_path(ftp, argument, step)) {
        return;
    }
    if (list != FTP_LIST_FACTS) {
        take_pattern(step);
    }
    step->need = FTP_NEED_LIST;
}

static void run_list(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    run_listing(ftp, skip_options(argument), FTP_LIST_LONG, step);
}

static void run_nlst(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    run_listing(ftp, skip_options(argument), FTP_LIST_NAMES, step);
}

static void run_mlsd(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    run_listing(ftp, argument, FTP_LIST_FACTS, step);
}

static void run_mlst(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    if (find_path(ftp, argument, step)) {
        step->need = FTP_NEED_FACTS;
    }
}

static void run_stat(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    char peer[IP_TEXT_BYTES];
    argument = skip_options(argument);
    if (argument[0] != '\0') {
        if (find_path(ftp, argument, step)) {
            take_pattern(step);
            step->need = FTP_NEED_STATUS;
        }
        return;
    }
    struct text text;
    text_init(&text, step->reply, sizeof step->reply);
    text_add_format(&text,
                    "211-imprint's FTP server, read-only\r\n Connected from %s\r\n %s\r\n%s211 End\r\n",
                    ip_print(ftp->peer, peer), ftp->is_ascii ? "Type A" : "Type I",
                    ftp->is_busy ? " A transfer is under way\r\n" : "");
}

static void run_abor(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    (void)ftp;
    (void)argument;
    step->need = FTP_NEED_ABORT;
}

// About the server.

static void run_noop(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    (void)ftp;
    (void)argument;
    reply(step, "200 Yes.");
}

static void run_syst(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    (void)ftp;
    (void)argument;
    reply(step, "215 UNIX Type: L8");
}

static void run_feat(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    (void)ftp;
    (void)argument;
    reply(step, "211-These are known:\r\n EPRT\r\n EPSV\r\n MDTM\r\n MLST type*;size*;modify*;perm*;\r\n"
                " PASV\r\n REST STREAM\r\n SIZE\r\n TVFS\r\n UTF8\r\n211 End");
}

static void run_opts(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    (void)ftp;
    bool is_utf8 = text_equal_nocase(argument, "UTF8 ON") || text_equal_nocase(argument, "UTF8");
    char start[6];
    (void)text_copy(start, sizeof start, argument);
    if (text_equal_nocase(start, "MLST ") || text_equal_nocase(argument, "MLST")) {
        reply(step, "200 MLST OPTS type;size;modify;perm;"); // the facts are always the same
    } else {
        reply(step, is_utf8 ? "200 Names are UTF-8." : "501 That cannot be set.");
    }
}

static void run_help(struct ftp *ftp, const char *argument, struct ftp_step *step);

static const struct command commands[] = {
    {.verb = "USER", .run = run_user, .is_free = true, .needs_name = true},
    {.verb = "PASS", .run = run_pass, .is_free = true},
    {.verb = "ACCT", .run = run_acct, .is_free = true},
    {.verb = "AUTH", .run = run_auth, .is_free = true},
    {.verb = "QUIT", .run = run_quit, .is_free = true},
    {.verb = "FEAT", .run = run_feat, .is_free = true},
    {.verb = "HELP", .run = run_help, .is_free = true},
    {.verb = "NOOP", .run = run_noop, .is_free = true},
    {.verb = "OPTS", .run = run_opts, .is_free = true, .needs_name = true},
    {.verb = "SYST", .run = run_syst, .is_free = true},
    {.verb = "TYPE", .run = run_type, .needs_name = true},
    {.verb = "STRU", .run = run_stru, .needs_name = true},
    {.verb = "MODE", .run = run_mode, .needs_name = true},
    {.verb = "PWD", .run = run_pwd},
    {.verb = "XPWD", .run = run_pwd},
    {.verb = "CWD", .run = run_cwd, .needs_name = true},
    {.verb = "XCWD", .run = run_cwd, .needs_name = true},
    {.verb = "CDUP", .run = run_cdup},
    {.verb = "XCUP", .run = run_cdup},
    {.verb = "PASV", .run = run_pasv},
    {.verb = "EPSV", .run = run_epsv},
    {.verb = "PORT", .run = run_port, .needs_name = true},
    {.verb = "EPRT", .run = run_eprt, .needs_name = true},
    {.verb = "REST", .run = run_rest, .needs_name = true},
    {.verb = "RETR", .run = run_retr, .needs_name = true},
    {.verb = "SIZE", .run = run_size, .needs_name = true},
    {.verb = "MDTM", .run = run_mdtm, .needs_name = true},
    {.verb = "LIST", .run = run_list},
    {.verb = "NLST", .run = run_nlst},
    {.verb = "MLSD", .run = run_mlsd},
    {.verb = "MLST", .run = run_mlst},
    {.verb = "STAT", .run = run_stat},
    {.verb = "ABOR", .run = run_abor},
    {.verb = "ALLO", .run = run_acct},
    {.verb = "STOR", .is_write = true},
    {.verb = "STOU", .is_write = true},
    {.verb = "APPE", .is_write = true},
    {.verb = "DELE", .is_write = true},
    {.verb = "RNFR", .is_write = true},
    {.verb = "RNTO", .is_write = true},
    {.verb = "MKD", .is_write = true},
    {.verb = "XMKD", .is_write = true},
    {.verb = "RMD", .is_write = true},
    {.verb = "XRMD", .is_write = true},
    {.verb = "MFMT", .is_write = true},
    {.verb = "SITE", .is_write = true},
};

static void run_help(struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    struct text text;
    (void)ftp;
    (void)argument;
    text_init(&text, step->reply, sizeof step->reply);
    text_add(&text, "214-These commands are known:");
    for (size_t i = 0, shown = 0; i < COUNT_OF(commands); i++) {
        if (!commands[i].is_write) {
            text_add_format(&text, "%s %s", shown++ % 8 == 0 ? "\r\n" : "", commands[i].verb);
        }
    }
    text_add(&text, "\r\n214 Nothing here can be written.\r\n");
}

// The verb of `line` in capital letters, and what comes behind it.
static const char *take_verb(const char *line, char verb[VERB_BYTES])
{
    size_t length = strcspn(line, " ");
    size_t i = 0;
    for (; i < length && i < VERB_BYTES - 1; i++) {
        bool is_small = line[i] >= 'a' && line[i] <= 'z';
        verb[i] = is_small ? (char)(line[i] - 'a' + 'A') : line[i];
    }
    verb[i == length ? i : 0] = '\0';
    return line + length + (line[length] == ' ');
}

static const struct command *find_command(const char *verb)
{
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (strcmp(commands[i].verb, verb) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static bool is_data_command(const struct command *command)
{
    return command->run == run_pasv || command->run == run_port || command->run == run_eprt;
}

static void refuse_write(const struct ftp *ftp, const char *argument, struct ftp_step *step)
{
    if (ftp_path_parse(ftp->folder, argument, step->path, sizeof step->path) != STATUS_OK) {
        step->path[0] = '\0';
    }
    step->is_write = true;
    reply(step, "550 Nothing here can be written or changed: imprint's FTP is read-only.");
}

static void refuse_unknown(struct ftp *ftp, struct ftp_step *step)
{
    bool is_too_much = ++ftp->failures >= FAILURES_MOST;
    step->need = is_too_much ? FTP_NEED_END : FTP_NEED_NOTHING;
    reply(step, is_too_much ? "421 None of that was a command. Goodbye."
                            : "500 That command is not known; HELP lists those that are.");
}

void ftp_step(struct ftp *ftp, const char *line, struct ftp_step *step)
{
    char verb[VERB_BYTES];
    *step = (struct ftp_step){0};
    const char *argument = take_verb(line, verb);
    const struct command *command = find_command(verb);
    if (command == NULL) {
        refuse_unknown(ftp, step);
        return;
    }
    ftp->failures = 0;
    if (!ftp->is_in && !command->is_free) {
        reply(step, "530 Log in first: USER anonymous.");
    } else if (command->is_write) {
        refuse_write(ftp, argument, step);
    } else if (command->needs_name && argument[0] == '\0') {
        reply(step, "501 Something is missing behind that command.");
    } else if (ftp->is_extended && is_data_command(command)) {
        reply(step, "501 EPSV ALL was said: nothing but EPSV is taken.");
    } else {
        command->run(ftp, argument, step);
    }
    // REST is for the very next command (RFC 3659 section 5.3); what makes the data connection may come
    // between, as it does from all clients.
    if (command->run == run_retr || command->run == run_list || command->run == run_nlst ||
        command->run == run_mlsd || command->is_write) {
        ftp->restart = 0;
    }
}

bool ftp_is_urgent(const char *line)
{
    char verb[VERB_BYTES];
    const char *argument = take_verb(line, verb);
    return strcmp(verb, "ABOR") == 0 || strcmp(verb, "NOOP") == 0 ||
           (strcmp(verb, "STAT") == 0 && argument[0] == '\0');
}

void ftp_init(struct ftp *ftp, struct ip peer, struct ip server)
{
    *ftp = (struct ftp){.peer = peer, .server = server, .is_ascii = true};
}

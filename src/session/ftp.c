// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/ftp.h"

#include "session/ftp_part.h"

#include <string.h>

#define FAILURES_MOST 20 // in a row; then it is no FTP client
#define IAC           0xff
#define FACT_COUNT    4

static const char *const FACT_NAMES[FACT_COUNT] = {"type", "size", "modify", "perm"};

enum verb_need {
    NEED_NOTHING, // may come before USER and PASS
    NEED_LOGIN,
};

struct verb {
    const char *name;
    enum verb_need need;
    void (*take)(struct ftp_session *session, char *argument, struct ftp_step *step);
};

// ---- paths ----

// Takes the last part off.
static size_t cut_last(const char *path, size_t length)
{
    while (length > 0 && path[--length] != '/') {
    }
    return length;
}

// Makes `name`, below the session's folder unless it begins with '/', canonical. ".." at the root stays
// there. false: it has bytes that no name has, or is too long.
static bool resolve(const struct ftp_session *session, const char *name, char out[FTP_PATH_BYTES])
{
    size_t length = name[0] == '/' ? 0 : strlen(session->folder);
    memcpy(out, session->folder, length);
    while (*name != '\0') {
        size_t part = strcspn(name, "/");
        if (part == 2 && memcmp(name, "..", 2) == 0) {
            length = cut_last(out, length);
        } else if (part != 0 && (part != 1 || name[0] != '.')) {
            if (length + part + 2 > FTP_PATH_BYTES) {
                return false;
            }
            out[length] = '/';
            length += length != 0;
            memcpy(out + length, name, part);
            length += part;
        }
        name += part + (name[part] == '/');
    }
    out[length] = '\0';
    for (const char *at = out; *at != '\0'; at++) {
        if (text_is_control(*at)) {
            return false;
        }
    }
    return true;
}

static bool take_path(const struct ftp_session *session, const char *argument, struct ftp_step *step)
{
    (void)text_copy(step->asked, sizeof step->asked, argument);
    if (!resolve(session, argument, step->path)) {
        ftp_step_say(step, 553, "No file can have this name.");
        return false;
    }
    return true;
}

static void act_on(struct ftp_session *session, enum ftp_act act, const char *argument, struct ftp_step *step)
{
    if (argument[0] == '\0') {
        ftp_step_say(step, 501, "The name is missing.");
    } else if (take_path(session, argument, step)) {
        step->act = act;
    }
}

// Prints a path in quotes, those inside doubled (RFC 959, appendix II).
static void print_path(struct text *text, const char *path)
{
    text_add(text, "\"/");
    for (; *path != '\0'; path++) {
        text_add_char(text, *path);
        if (*path == '"') {
            text_add_char(text, '"');
        }
    }
    text_add_char(text, '"');
}

// ---- who ----

static void take_user(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    if (session->is_in) {
        ftp_step_say(
            step, text_equal_nocase(argument, "anonymous") || text_equal_nocase(argument, "ftp") ? 331 : 530,
            "You are anonymous here, and stay so.");
        return;
    }
    session->is_user = text_equal_nocase(argument, "anonymous") || text_equal_nocase(argument, "ftp");
    if (session->is_user) {
        ftp_step_say(step, 331, "Any password will do.");
    } else {
        ftp_step_say(step, 530, "There are no accounts here: log in as anonymous.");
    }
}

static void take_pass(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    (void)argument; // a mail address, once; it is not looked at
    if (!session->is_user) {
        ftp_step_say(step, 503, "USER comes first.");
        return;
    }
    session->is_in = true;
    ftp_step_say(step, 230, "You may read.");
}

static void take_quit(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    (void)session;
    (void)argument;
    step->act = FTP_ACT_END;
    ftp_step_say(step, 221, "Goodbye.");
}

// ---- how ----

static void take_type(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    char kind = argument[0] >= 'a' ? (char)(argument[0] - 32) : argument[0];
    bool is_known = kind == 'I' || kind == 'A' || (kind == 'L' && strcmp(argument + 1, " 8") == 0);
    if (!is_known || (kind == 'A' && argument[1] != '\0' && !text_equal_nocase(argument + 1, " N"))) {
        ftp_step_say(step, 504, "TYPE may be I or A.");
        return;
    }
    session->is_ascii = kind == 'A';
    ftp_step_say(step, 200, session->is_ascii ? "ASCII; files come as they are." : "Binary.");
}

static void take_mode(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    (void)session;
    bool is_stream = text_equal_nocase(argument, "S");
    ftp_step_say(step, is_stream ? 200 : 504, is_stream ? "Stream." : "MODE is S.");
}

static void take_structure(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    (void)session;
    bool is_file = text_equal_nocase(argument, "F");
    ftp_step_say(step, is_file ? 200 : 504, is_file ? "File." : "STRU is F.");
}

static void take_rest(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    uint64_t offset = 0;
    size_t digits = strspn(argument, "0123456789");
    if (digits == 0 || digits > 18 || argument[digits] != '\0') {
        ftp_step_say(step, 501, "REST takes a number of bytes.");
        return;
    }
    for (size_t i = 0; i < digits; i++) {
        offset = offset * 10 + (uint64_t)(argument[i] - '0');
    }
    session->offset = offset;
    ftp_step_say(step, 350, "The next file begins at byte %llu.", (unsigned long long)offset);
}

static void take_options(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    char *rest = argument + strcspn(argument, " ");
    bool has_rest = *rest == ' ';
    *rest = '\0';
    rest += has_rest;
    if (text_equal_nocase(argument, "UTF8") && (!has_rest || text_equal_nocase(rest, "ON"))) {
        ftp_step_say(step, 200, "Names are UTF-8 always.");
    } else if (text_equal_nocase(argument, "MLST")) {
        struct text text;
        char facts[64];
        text_init(&text, facts, sizeof facts);
        memset(session->wants_facts, 0, sizeof session->wants_facts);
        while (*rest != '\0') {
            size_t length = strcspn(rest, ";");
            char end = rest[length];
            rest[length] = '\0';
            for (size_t i = 0; i < FACT_COUNT; i++) {
                session->wants_facts[i] = session->wants_facts[i] || text_equal_nocase(rest, FACT_NAMES[i]);
            }
            rest += length + (end != '\0');
        }
        for (size_t i = 0; i < FACT_COUNT; i++) {
            text_add_format(&text, "%s%s", session->wants_facts[i] ? FACT_NAMES[i] : "",
                            session->wants_facts[i] ? ";" : "");
        }
        ftp_step_say(step, 200, "MLST OPTS %s", facts);
    } else {
        ftp_step_say(step, 501, "There is no such option.");
    }
}

// ---- what ----

static bool has_data(const struct ftp_session *session, struct ftp_step *step)
{
    if (session->data == FTP_DATA_NONE) {
        ftp_step_say(step, 425, "Say first where data goes: PASV, EPSV, PORT or EPRT.");
    }
    return session->data != FTP_DATA_NONE;
}

static void take_retrieve(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    if (has_data(session, step)) {
        step->offset = session->offset;
        act_on(session, FTP_ACT_SEND, argument, step);
    }
}

// Options as of ls, which clients like to send, are left out.
static char *skip_options(char *argument)
{
    while (argument[0] == '-') {
        argument += strcspn(argument, " ");
        argument += strspn(argument, " ");
    }
    return argument;
}

static void list(struct ftp_session *session, char *argument, enum ftp_form form, struct ftp_step *step)
{
    step->form = form;
    if (has_data(session, step) && take_path(session, argument, step)) {
        step->act = FTP_ACT_LIST;
    }
}

static void take_list(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    list(session, skip_options(argument), FTP_FORM_LONG, step);
}

static void take_names(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    list(session, skip_options(argument), FTP_FORM_NAMES, step);
}

static void take_facts_list(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    list(session, argument, FTP_FORM_FACTS, step);
}

static void take_facts(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    if (take_path(session, argument, step)) {
        step->act = FTP_ACT_FACTS;
    }
}

static void take_size(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    act_on(session, FTP_ACT_SIZE, argument, step);
}

static void take_modified(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    act_on(session, FTP_ACT_MODIFIED, argument, step);
}

static void take_enter(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    act_on(session, FTP_ACT_ENTER, argument, step);
}

static void take_up(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    (void)argument;
    char up[] = "..";
    act_on(session, FTP_ACT_ENTER, up, step);
}

static void take_where(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    (void)argument;
    char path[2 * FTP_PATH_BYTES + 4];
    struct text text;
    text_init(&text, path, sizeof path);
    print_path(&text, session->folder);
    ftp_step_say(step, 257, "%s", path);
}

static void take_status(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    argument = skip_options(argument);
    if (argument[0] == '\0') {
        step->act = FTP_ACT_STATUS;
    } else if (take_path(session, argument, step)) {
        step->is_on_control = true;
        step->act = FTP_ACT_LIST;
    }
}

static void take_abort(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    (void)session;
    (void)argument;
    step->act = FTP_ACT_ABORT;
}

// ---- small ones ----

static void take_nothing(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    (void)session;
    (void)argument;
    ftp_step_say(step, 200, "Still here.");
}

static void take_system(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    (void)session;
    (void)argument;
    ftp_step_say(step, 215, "UNIX Type: L8");
}

static void take_allocate(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    (void)session;
    (void)argument;
    ftp_step_say(step, 202, "Nothing is written here.");
}

static void take_features(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    (void)argument;
    struct text text;
    text_init(&text, step->reply, sizeof step->reply);
    text_add(&text, "211-What this server can do beyond RFC 959:\r\n EPRT\r\n EPSV\r\n MDTM\r\n MLST ");
    for (size_t i = 0; i < FACT_COUNT; i++) {
        text_add_format(&text, "%s%s;", FACT_NAMES[i], session->wants_facts[i] ? "*" : "");
    }
    text_add(&text, "\r\n REST STREAM\r\n SIZE\r\n TVFS\r\n UTF8\r\n211 End\r\n");
}

static void take_help(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    (void)session;
    (void)argument;
    (void)text_copy(step->reply, sizeof step->reply,
                    "214-This server only reads. It knows\r\n ABOR ACCT ALLO CDUP CWD EPRT EPSV FEAT HELP "
                    "LIST MDTM MLSD MLST MODE NLST NOOP\r\n OPTS PASS PASV PORT PWD QUIT REST RETR SIZE STAT "
                    "STRU SYST TYPE USER\r\n214 End\r\n");
}

static void refuse_write(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    (void)session;
    (void)text_copy(step->asked, sizeof step->asked, argument);
    step->is_write = true;
    ftp_step_say(step, 550, "This server only reads.");
}

static void refuse_tls(struct ftp_session *session, char *argument, struct ftp_step *step)
{
    (void)session;
    (void)argument;
    ftp_step_say(step, 502, "There is no TLS here: use HTTPS.");
}

static const struct verb VERBS[] = {
    {"ABOR", NEED_LOGIN, take_abort},
    {"ACCT", NEED_NOTHING, take_allocate},
    {"ALLO", NEED_LOGIN, take_allocate},
    {"APPE", NEED_LOGIN, refuse_write},
    {"AUTH", NEED_NOTHING, refuse_tls},
    {"CDUP", NEED_LOGIN, take_up},
    {"CWD", NEED_LOGIN, take_enter},
    {"DELE", NEED_LOGIN, refuse_write},
    {"EPRT", NEED_LOGIN, ftp_take_extended_port},
    {"EPSV", NEED_LOGIN, ftp_take_extended_passive},
    {"FEAT", NEED_NOTHING, take_features},
    {"HELP", NEED_NOTHING, take_help},
    {"LIST", NEED_LOGIN, take_list},
    {"MDTM", NEED_LOGIN, take_modified},
    {"MKD", NEED_LOGIN, refuse_write},
    {"MLSD", NEED_LOGIN, take_facts_list},
    {"MLST", NEED_LOGIN, take_facts},
    {"MODE", NEED_LOGIN, take_mode},
    {"NLST", NEED_LOGIN, take_names},
    {"NOOP", NEED_NOTHING, take_nothing},
    {"OPTS", NEED_NOTHING, take_options},
    {"PASS", NEED_NOTHING, take_pass},
    {"PASV", NEED_LOGIN, ftp_take_passive},
    {"PORT", NEED_LOGIN, ftp_take_port},
    {"PWD", NEED_LOGIN, take_where},
    {"QUIT", NEED_NOTHING, take_quit},
    {"REST", NEED_LOGIN, take_rest},
    {"RETR", NEED_LOGIN, take_retrieve},
    {"RMD", NEED_LOGIN, refuse_write},
    {"RNFR", NEED_LOGIN, refuse_write},
    {"RNTO", NEED_LOGIN, refuse_write},
    {"SITE", NEED_LOGIN, refuse_write},
    {"SIZE", NEED_LOGIN, take_size},
    {"STAT", NEED_LOGIN, take_status},
    {"STOR", NEED_LOGIN, refuse_write},
    {"STOU", NEED_LOGIN, refuse_write},
    {"STRU", NEED_LOGIN, take_structure},
    {"SYST", NEED_NOTHING, take_system},
    {"TYPE", NEED_LOGIN, take_type},
    {"USER", NEED_NOTHING, take_user},
    {"XCUP", NEED_LOGIN, take_up},
    {"XCWD", NEED_LOGIN, take_enter},
    {"XPWD", NEED_LOGIN, take_where},
};

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(VERBS); i++) {
        if (text_equal_nocase(name, VERBS[i].name)) {
            return &VERBS[i];
        }
    }
    return NULL;
}

// Copies the line without telnet's commands: IAC and what it announces (RFC 854). NUL is no part of a
// command.
static void clean(const char *line, size_t length, char out[FTP_LINE_BYTES])
{
    size_t used = 0;
    for (size_t i = 0; i < length && used + 1 < FTP_LINE_BYTES; i++) {
        uint8_t byte = (uint8_t)line[i];
        bool is_command = byte == IAC && (i + 1 == length || (uint8_t)line[i + 1] != IAC);
        if (is_command) {
            bool has_option = i + 1 < length && (uint8_t)line[i + 1] >= 251; // WILL, WONT, DO, DONT
            i += has_option ? 2 : 1;
            continue;
        }
        i += byte == IAC ? 1 : 0;           // doubled: one byte of a name
        if (byte != '\0' && byte != 0xf2) { // DM, which urgent data leaves behind
            out[used++] = (char)byte;
        }
    }
    out[used] = '\0';
}

void ftp_session_init(struct ftp_session *session, struct ip peer, char reply[FTP_REPLY_BYTES])
{
    *session = (struct ftp_session){.peer = peer, .wants_facts = {true, true, true, true}};
    ftp_reply(reply, 220, "imprint serves files here, to read.");
}

static void forget_once(struct ftp_session *session, const struct verb *verb)
{
    if (verb->take != take_rest) {
        session->offset = 0; // REST is for the very next command
    }
}

void ftp_session_take(struct ftp_session *session, const char *line, size_t length, struct ftp_step *step)
{
    char text[FTP_LINE_BYTES];
    memset(step, 0, sizeof *step);
    if (length >= FTP_LINE_BYTES) {
        ftp_step_say(step, 500, "That is too long.");
        return;
    }
    clean(line, length, text);
    size_t name = strcspn(text, " ");
    char *argument = text + name + strspn(text + name, " ");
    text[name] = '\0';
    const struct verb *verb = find_verb(text);
    if (verb == NULL) {
        bool is_enough = ++session->failures >= FAILURES_MOST;
        step->act = is_enough ? FTP_ACT_END : FTP_ACT_NONE;
        ftp_step_say(step, is_enough ? 421 : 502,
                     is_enough ? "This is no FTP." : "There is no such command here.");
        return;
    }
    session->failures = 0;
    if (verb->need == NEED_LOGIN && !session->is_in) {
        ftp_step_say(step, 530, "Log in first: USER anonymous.");
        return;
    }
    verb->take(session, argument, step);
    forget_once(session, verb);
}

void ftp_session_passive(struct ftp_session *session, struct ip own, uint16_t port,
                         char reply[FTP_REPLY_BYTES])
{
    session->data = port == 0 ? FTP_DATA_NONE : FTP_DATA_PASSIVE;
    if (port == 0) {
        ftp_reply(reply, 425, "There is no port free for data now; try again.");
    } else if (session->is_extended) {
        ftp_reply(reply, 229, "Entering Extended Passive Mode (|||%u|).", port);
    } else {
        uint32_t value = ip_get_ip4(own).value;
        ftp_reply(reply, 227, "Entering Passive Mode (%u,%u,%u,%u,%u,%u).", value >> 24, value >> 16 & 255,
                  value >> 8 & 255, value & 255, port >> 8, port & 255);
    }
}

void ftp_session_enter(struct ftp_session *session, const struct ftp_step *step, bool is_there,
                       char reply[FTP_REPLY_BYTES])
{
    if (is_there) {
        memcpy(session->folder, step->path, sizeof session->folder);
        ftp_reply(reply, 250, "Here you are.");
    } else {
        ftp_reply(reply, 550, "There is no such folder.");
    }
}

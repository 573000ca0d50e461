// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/dhcpd_leases.h"

#include <string.h>

#define WORDS_MOST DHCPD_LEASES_WORDS_MOST
#define WORD_BYTES DHCPD_LEASES_WORD_BYTES

enum token { TOKEN_END, TOKEN_WORD, TOKEN_SEMICOLON, TOKEN_OPEN, TOKEN_CLOSE };

struct word {
    char text[WORD_BYTES]; // NUL-terminated, and may have NULs of its own when it is a string
    size_t length;
    bool is_string;
    bool is_cut;
};

struct statement { // words, and what ended them
    struct word words[WORDS_MOST];
    unsigned count; // those behind the sixth are not kept
    unsigned line;  // of the first
    enum token end; // SEMICOLON, OPEN, CLOSE or END
};

struct dhcpd_leases dhcpd_leases_init(const char *text, size_t bytes)
{
    return (struct dhcpd_leases){.at = text, .end = text + bytes, .line = 1};
}

static void skip_blanks(struct dhcpd_leases *leases)
{
    for (; leases->at < leases->end; leases->at++) {
        char character = *leases->at;
        if (character == '\n') {
            leases->line++;
        } else if (character == '#') {
            const char *newline = memchr(leases->at, '\n', (size_t)(leases->end - leases->at));
            leases->at = newline == NULL ? leases->end - 1 : newline - 1;
        } else if (character != ' ' && character != '\t' && character != '\r') {
            return;
        }
    }
}

static void add_byte(struct word *word, char byte)
{
    word->is_cut = word->is_cut || word->length + 1 >= sizeof word->text;
    if (!word->is_cut) {
        word->text[word->length++] = byte;
    }
}

// dhcpd writes bytes that are not printable as \OOO, and puts '\' in front of '"' and '\'.
static char take_escape(struct dhcpd_leases *leases)
{
    unsigned code = 0;
    unsigned digits = 0;
    for (; digits < 3 && leases->at < leases->end && *leases->at >= '0' && *leases->at <= '7'; digits++) {
        code = code * 8 + (unsigned)(*leases->at++ - '0');
    }
    return digits != 0 ? (char)(code & 0xff) : leases->at < leases->end ? *leases->at++ : '\0';
}

static void take_string(struct dhcpd_leases *leases, struct word *word)
{
    word->is_string = true;
    leases->at++;
    while (leases->at < leases->end && *leases->at != '"') {
        char byte = *leases->at++;
        if (byte == '\n') { // nothing that dhcpd wrote: the string ends with its line
            leases->at--;
            return;
        }
        add_byte(word, byte == '\\' ? take_escape(leases) : byte);
    }
    leases->at += leases->at < leases->end ? 1 : 0;
}

static bool is_word_byte(char byte)
{
    return byte == '\0' || strchr(" \t\r\n;{}\"#", byte) == NULL;
}

static enum token take_token(struct dhcpd_leases *leases, struct word *word)
{
    word->length = 0;
    word->is_cut = false;
    word->is_string = false;
    skip_blanks(leases);
    if (leases->at == leases->end) {
        return TOKEN_END;
    }
    char first = *leases->at;
    if (first == ';' || first == '{' || first == '}') {
        leases->at++;
        return first == ';' ? TOKEN_SEMICOLON : first == '{' ? TOKEN_OPEN : TOKEN_CLOSE;
    }
    if (first == '"') {
        take_string(leases, word);
    } else {
        for (; leases->at < leases->end && is_word_byte(*leases->at); leases->at++) {
            add_byte(word, *leases->at);
        }
    }
    word->text[word->length] = '\0';
    return TOKEN_WORD;
}

// Reads up to ';', '{', '}' or the end.
static void take_statement(struct dhcpd_leases *leases, struct statement *statement)
{
    struct word rest;
    skip_blanks(leases);
    statement->count = 0;
    statement->line = leases->line;
    do {
        struct word *word = statement->count < WORDS_MOST ? &statement->words[statement->count] : &rest;
        statement->end = take_token(leases, word);
        statement->count += statement->end == TOKEN_WORD && word != &rest ? 1 : 0;
    } while (statement->end == TOKEN_WORD);
    for (unsigned i = statement->count; i < WORDS_MOST; i++) {
        statement->words[i].text[0] = '\0';
        statement->words[i].length = 0;
    }
}

// Reads on behind the '}' of a block whose '{' was read. False when the file ends before.
static bool skip_block(struct dhcpd_leases *leases, struct statement *statement)
{
    for (unsigned depth = 1; depth != 0;) {
        take_statement(leases, statement);
        if (statement->end == TOKEN_END) {
            return false;
        }
        depth += statement->end == TOKEN_OPEN ? 1 : 0;
        depth -= statement->end == TOKEN_CLOSE ? 1 : 0;
    }
    return true;
}

// "4 2026/11/26 06:05:04", "epoch 1795845904" or "never".
static void take_time(const struct statement *statement, struct lease_record *record, int64_t *unix_s)
{
    const char *first = statement->words[1].text;
    bool is_good = true;
    if (strcmp(first, "never") == 0) {
        *unix_s = INT64_MAX;
    } else if (strcmp(first, "epoch") == 0) {
        is_good = lease_record_parse_seconds(statement->words[2].text, unix_s);
    } else {
        is_good = lease_record_parse_moment(statement->words[2].text, statement->words[3].text, unix_s);
    }
    if (!is_good) {
        lease_record_complain(record, "a time in it is none");
    }
}

static void take_hardware(const struct statement *statement, struct lease_record *record)
{
    static const struct {
        const char *name;
        uint8_t type; // of RFC 1700
    } TYPES[] = {{"ethernet", 1}, {"token-ring", 6}, {"fddi", 8}, {"infiniband", 32}};
    size_t count = 0;
    uint64_t number;
    const char *name = statement->words[1].text;
    for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
        record->hw.type = strcmp(name, TYPES[i].name) == 0 ? TYPES[i].type : record->hw.type;
    }
    if (text_starts(name, "unknown-") &&
        text_parse_u64(name + strlen("unknown-"), UINT8_MAX, &number) == STATUS_OK) {
        record->hw.type = (uint8_t)number;
    }
    if (record->hw.type == 0 ||
        !lease_record_parse_octets(statement->words[2].text, record->hw.octets, HW_BYTES, &count)) {
        lease_record_complain(record, "its hardware address is none");
        return;
    }
    record->hw.length = (uint8_t)count;
}

// A string, or octets in hexadecimal.
static void take_uid(const struct statement *statement, struct lease_record *record)
{
    const struct word *word = &statement->words[1];
    bool is_good = !word->is_cut && word->length != 0;
    if (word->is_string && is_good && word->length <= sizeof record->client_id) {
        memcpy(record->client_id, word->text, word->length);
        record->client_id_bytes = word->length;
    } else if (word->is_string || !is_good ||
               !lease_record_parse_octets(word->text, record->client_id, sizeof record->client_id,
                                          &record->client_id_bytes)) {
        lease_record_complain(record, "its client identifier is none");
    }
}

static void take_binding(const char *state, struct lease_record *record)
{
    record->state = strcmp(state, "active") == 0 || strcmp(state, "bootp") == 0 ? LEASE_RECORD_BOUND
                    : strcmp(state, "abandoned") == 0                           ? LEASE_RECORD_DECLINED
                                                                                : LEASE_RECORD_FREE;
}

static void take_fact(const struct statement *statement, struct lease_record *record)
{
    const char *name = statement->words[0].text;
    if (strcmp(name, "starts") == 0) {
        take_time(statement, record, &record->starts_s);
        record->starts_s = record->starts_s == INT64_MAX ? 0 : record->starts_s;
    } else if (strcmp(name, "ends") == 0) {
        take_time(statement, record, &record->ends_s);
    } else if (strcmp(name, "binding") == 0 && strcmp(statement->words[1].text, "state") == 0) {
        take_binding(statement->words[2].text, record);
    } else if (strcmp(name, "abandoned") == 0) {
        record->state = LEASE_RECORD_DECLINED;
    } else if (strcmp(name, "hardware") == 0) {
        take_hardware(statement, record);
    } else if (strcmp(name, "uid") == 0) {
        take_uid(statement, record);
    } else if (strcmp(name, "client-hostname") == 0) {
        (void)text_copy(record->hostname, sizeof record->hostname, statement->words[1].text);
    }
}

// What stands behind "lease ADDRESS {".
static void take_block(struct dhcpd_leases *leases, struct statement *statement, struct lease_record *record)
{
    for (;;) {
        take_statement(leases, statement);
        if (statement->end == TOKEN_SEMICOLON) {
            take_fact(statement, record);
        } else if (statement->end == TOKEN_CLOSE) {
            break;
        } else if (statement->end == TOKEN_END || !skip_block(leases, statement)) {
            lease_record_complain(record, "the file ends in the middle of it");
            return;
        }
    }
    if (record->ends_s == 0 && record->state == LEASE_RECORD_BOUND) {
        lease_record_complain(record, "it does not say when it ends");
    }
}

bool dhcpd_leases_next(struct dhcpd_leases *leases, struct lease_record *record)
{
    struct statement statement;
    for (;;) {
        take_statement(leases, &statement);
        const char *name = statement.words[0].text;
        if (statement.end == TOKEN_END) {
            return false;
        }
        if (statement.end != TOKEN_OPEN) {
            continue; // a '}' too many, or a statement
        }
        *record = (struct lease_record){.line = statement.line};
        if (strcmp(name, "lease") == 0) {
            if (!lease_record_take_address(record, statement.words[1].text)) {
                lease_record_complain(record, "its address is no IP address");
            }
            enum lease_record_state family = record->state;
            take_block(leases, &statement, record);
            record->state = family == LEASE_RECORD_IP6 ? family : record->state;
            return true;
        }
        bool is_ip6 = strcmp(name, "ia-na") == 0 || strcmp(name, "ia-ta") == 0 || strcmp(name, "ia-pd") == 0;
        record->state = LEASE_RECORD_IP6;
        if (!skip_block(leases, &statement) && is_ip6) {
            lease_record_complain(record, "the file ends in the middle of it");
        }
        if (is_ip6) {
            return true;
        }
    }
}

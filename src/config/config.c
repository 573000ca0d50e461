// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/config.h"

#include "base/text.h"
#include "config/key.h"
#include "config/value.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const mode_texts[CONFIG_DHCP_MODE_COUNT] = {
    [CONFIG_DHCP_AUTO] = "auto",
    [CONFIG_DHCP_SERVER] = "server",
    [CONFIG_DHCP_PROXY] = "proxy",
    [CONFIG_DHCP_OFF] = "off",
};

uint16_t config_https_boot_port(const struct config *config)
{
    return config->is_https_boot ? config->https_port : 0;
}

const char *config_dhcp_mode_text(enum config_dhcp_mode mode)
{
    assert(mode < CONFIG_DHCP_MODE_COUNT);
    return mode_texts[mode];
}

// The first part of this host's name, or "imprint" when it is not one that a screen can show.
static void server_name_init(char out[CONFIG_NAME_BYTES])
{
    const struct key *key = key_find("server_name");
    char host[CONFIG_NAME_BYTES] = "";
    (void)gethostname(host, sizeof host - 1);
    host[strcspn(host, ".")] = '\0';
    if (value_parse(key, host, out, NULL) != STATUS_OK) {
        (void)text_copy(out, CONFIG_NAME_BYTES, "imprint");
    }
}

void config_init(struct config *config)
{
    unsigned count;
    const struct key *keys = key_table(&count);
    *config = (struct config){0};
    server_name_init(config->server_name);
    for (unsigned i = 0; i < count; i++) {
        if (strchr(keys[i].name, '[') == NULL && keys[i].default_text != NULL) {
            enum status status =
                value_parse(&keys[i], keys[i].default_text, key_values(&keys[i], config), NULL);
            assert(status == STATUS_OK);
        }
    }
}

void config_clear(struct config *config)
{
    *config = (struct config){0};
}

// Tells why `path` could not be read, from errno.
static enum status refuse_file(const char *path, struct problem *problem)
{
    int reason = errno;
    problem_set(problem, "the configuration cannot be read: %s", strerror(reason));
    problem_set_place(problem, path, 0, 0);
    if (reason == ENOENT) {
        problem_set_remedy(problem,
                           "name another file with --config, or leave it away to run with the defaults");
        return STATUS_NOT_FOUND;
    }
    return reason == EACCES || reason == EPERM ? STATUS_DENIED : STATUS_IO;
}

// Reads at most `most` bytes; -1 with errno on failure.
static ssize_t read_all(int fd, char *out, size_t most)
{
    size_t length = 0;
    while (length < most) {
        ssize_t got = read(fd, out + length, most - length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        length += (size_t)got;
    }
    return (ssize_t)length;
}

static enum status load_open(int fd, const char *path, struct config *config, struct problem *problem)
{
    char *text = malloc(CONFIG_FILE_BYTES_MOST + 1); // one more, so that a longer file is seen to be one
    if (text == NULL) {
        return refuse_file(path, problem);
    }
    ssize_t bytes = read_all(fd, text, CONFIG_FILE_BYTES_MOST + 1);
    enum status status =
        bytes < 0 ? refuse_file(path, problem) : config_parse(text, (size_t)bytes, path, config, problem);
    free(text);
    return status;
}

enum status config_load(const char *path, struct config *config, struct problem *problem)
{
    bool is_default = path == NULL;
    if (is_default) {
        path = CONFIG_FILE_DEFAULT;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 && is_default && errno == ENOENT) {
        config_init(config);
        return STATUS_OK;
    }
    if (fd < 0) {
        return refuse_file(path, problem);
    }
    enum status status = load_open(fd, path, config, problem);
    (void)close(fd);
    return status;
}

// Whether all values of `key` are the same in both.
static bool key_is_equal(const struct key *key, const struct config *a, const struct config *b)
{
    if (key_count(key, a) != key_count(key, b)) {
        return false;
    }
    return memcmp((const char *)a + key->offset, (const char *)b + key->offset,
                  key_count(key, a) * key->bytes) == 0;
}

static void key_copy(const struct key *key, struct config *to, const struct config *from)
{
    memcpy((char *)to + key->offset, (const char *)from + key->offset, key_count(key, from) * key->bytes);
    if (key->is_list) {
        key_set_count(key, to, key_count(key, from));
    }
}

bool config_reload(struct config *running, const struct config *wanted, struct problem *problem)
{
    char fixed[PROBLEM_TEXT_BYTES / 2];
    struct text text;
    text_init(&text, fixed, sizeof fixed);
    unsigned count;
    const struct key *keys = key_table(&count);
    for (unsigned i = 0; i < count; i++) {
        if (strchr(keys[i].name, '[') != NULL || key_is_equal(&keys[i], running, wanted)) {
            continue;
        }
        if (keys[i].may_reload) {
            key_copy(&keys[i], running, wanted);
        } else {
            text_add_format(&text, "%s%s", text.length == 0 ? "" : ", ", keys[i].name);
        }
    }
    if (text.length == 0) {
        return true;
    }
    problem_set(problem, "what changed in %s cannot change while imprint runs", fixed);
    problem_set_remedy(problem, "restart imprint: systemctl restart imprint");
    return false;
}

// SPDX-License-Identifier: GPL-3.0-or-later
// Debian's own signed programs, and spoilt copies of them.
#include "content/program.h"

#include "unit/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHIM "/usr/lib/shim/shimx64.efi.signed"
#define GRUB "/usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed"

static struct program program;

// The file's bytes, yours; the test is left when the package is not there.
static uint8_t *load(const char *path, size_t *bytes)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        skip();
    }
    assert_int_equal(fstat(fd, &about), 0);
    uint8_t *data = malloc((size_t)about.st_size);
    assert_non_null(data);
    assert_int_equal(read(fd, data, (size_t)about.st_size), about.st_size);
    (void)close(fd);
    *bytes = (size_t)about.st_size;
    return data;
}

static enum status read_bytes_of(const uint8_t *data, size_t bytes)
{
    struct content_node node;
    content_node_init(&node);
    content_node_set_memory(&node, data, bytes);
    enum status status = program_read(&node, &program);
    content_node_close(&node);
    return status;
}

static const char *signers_of(const struct program *from)
{
    static char out[256];
    struct text text;
    text_init(&text, out, sizeof out);
    program_print_signers(from, &text);
    return out;
}

static void debians_shim_is_signed_by_microsoft_and_accepts_debian(void **state)
{
    (void)state;
    size_t bytes = 0;
    uint8_t *data = load(SHIM, &bytes);
    assert_int_equal(read_bytes_of(data, bytes), STATUS_OK);
    free(data);
    assert_true((program_trust(&program) & (PE_TRUST_2011 | PE_TRUST_2023)) != 0);
    assert_string_equal(program.vendor, "Debian Secure Boot CA");
    assert_non_null(strstr(program.sbat, "shim.debian "));
    assert_non_null(strstr(signers_of(&program), "Microsoft UEFI CA 20"));
}

static void debians_grub_is_accepted_by_debians_shim_only(void **state)
{
    (void)state;
    size_t bytes = 0;
    uint8_t *data = load(GRUB, &bytes);
    assert_int_equal(read_bytes_of(data, bytes), STATUS_OK);
    free(data);
    assert_string_equal(signers_of(&program), "Debian");
    assert_int_equal(program_trust(&program), 0);
    assert_true(program_is_accepted(&program, "Debian Secure Boot CA"));
    assert_false(program_is_accepted(&program, "Fedora Secure Boot CA"));
    assert_false(program_is_accepted(&program, ""));
    assert_string_equal(program.vendor, "");
    assert_non_null(strstr(program.sbat, "grub "));
}

static void a_program_without_its_signature_is_signed_by_nobody(void **state)
{
    (void)state;
    size_t bytes = 0;
    uint8_t *data = load(GRUB, &bytes);
    assert_int_equal(read_bytes_of(data, bytes), STATUS_OK);
    size_t table = program.pe.certificates_offset;
    assert_int_equal(read_bytes_of(data, table), STATUS_OK); // cut off
    assert_true(program.is_broken);
    assert_int_equal(program.signer_count, 0);
    assert_string_equal(signers_of(&program), "somebody, in a way that cannot be read");
    memset(data + table + 8, 0, 64);
    assert_int_equal(read_bytes_of(data, bytes), STATUS_OK);
    assert_true(program.is_broken);
    uint32_t head;
    memcpy(&head, data + 0x3c, sizeof head);
    memset(data + head + 24 + 112 + 32, 0, 8); // no table at all
    assert_int_equal(read_bytes_of(data, bytes), STATUS_OK);
    free(data);
    assert_false(program.is_broken);
    assert_string_equal(signers_of(&program), "nobody");
}

static void what_is_no_program_is_told(void **state)
{
    (void)state;
    assert_int_equal(read_bytes_of((const uint8_t *)"", 0), STATUS_NOT_FOUND);
    assert_int_equal(read_bytes_of((const uint8_t *)"#!ipxe\n", 7), STATUS_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(debians_shim_is_signed_by_microsoft_and_accepts_debian),
        cmocka_unit_test(debians_grub_is_accepted_by_debians_shim_only),
        cmocka_unit_test(a_program_without_its_signature_is_signed_by_nobody),
        cmocka_unit_test(what_is_no_program_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "content/program.h"

#include "base/text.h"
#include "io/heap.h"

#include <string.h>

#define SECTION_VENDOR ".vendor_cert"
#define SECTION_SBAT   ".sbat"
#define VENDOR_MOST    (64 * 1024) // bytes: Debian's also has the list of what it refuses

// Up to `most` bytes at `offset`, yours. NULL when there is nothing.
static uint8_t *read_piece(const struct content_node *node, uint64_t offset, uint64_t most, size_t *bytes)
{
    if (most == 0 || offset >= node->size) {
        return NULL;
    }
    uint64_t room = node->size - offset;
    uint8_t *piece = heap_new((size_t)(most < room ? most : room));
    int64_t count = content_node_read(node, offset, piece, (size_t)(most < room ? most : room));
    if (count <= 0) {
        heap_free(piece);
        return NULL;
    }
    *bytes = (size_t)count;
    return piece;
}

static uint64_t at_most(uint64_t bytes, uint64_t most)
{
    return bytes < most ? bytes : most;
}

static void read_signers(const struct content_node *node, struct program *program)
{
    size_t bytes = 0;
    const struct pe *pe = &program->pe;
    if (pe->certificates_bytes == 0) {
        return;
    }
    uint8_t *table = read_piece(node, pe->certificates_offset,
                                at_most(pe->certificates_bytes, PE_CERTIFICATES_MOST), &bytes);
    program->is_broken = table == NULL || pe_decode_signers(table, bytes, program->signers,
                                                            &program->signer_count) != STATUS_OK;
    heap_free(table);
}

static void name_sections(const struct content_node *node, struct pe *pe)
{
    size_t bytes = 0;
    uint8_t *strings =
        pe->strings_offset == 0 ? NULL : read_piece(node, pe->strings_offset, PE_STRINGS_MOST, &bytes);
    if (strings != NULL) {
        pe_name_sections(pe, strings, bytes);
    }
    heap_free(strings);
}

static uint8_t *read_section(const struct content_node *node, const struct pe *pe, const char *name,
                             uint64_t most, size_t *bytes)
{
    const struct pe_section *section = pe_find_section(pe, name);
    return section == NULL ? NULL : read_piece(node, section->offset, at_most(section->bytes, most), bytes);
}

static void read_sbat(const struct content_node *node, struct program *program)
{
    size_t bytes = 0;
    uint8_t *section = read_section(node, &program->pe, SECTION_SBAT, PE_SBAT_MOST, &bytes);
    struct reader reader = reader_init(section == NULL ? (const uint8_t *)"" : section, bytes);
    struct pe_sbat sbat;
    struct text text;
    text_init(&text, program->sbat, sizeof program->sbat);
    while (pe_next_sbat(&reader, &sbat)) {
        if (strcmp(sbat.name, "sbat") != 0) { // the format's own version
            text_add_format(&text, "%s%s %lu", text.length == 0 ? "" : ", ", sbat.name,
                            (unsigned long)sbat.generation);
        }
    }
    heap_free(section);
}

enum status program_read(const struct content_node *node, struct program *program)
{
    size_t bytes = 0;
    memset(program, 0, sizeof *program);
    uint8_t *head = read_piece(node, 0, PE_HEAD_BYTES, &bytes);
    if (head == NULL) {
        return node->size == 0 ? STATUS_NOT_FOUND : STATUS_IO;
    }
    enum status status = pe_decode(head, bytes, &program->pe);
    heap_free(head);
    if (status != STATUS_OK) {
        return status;
    }
    name_sections(node, &program->pe);
    read_signers(node, program);
    read_sbat(node, program);
    uint8_t *vendor = read_section(node, &program->pe, SECTION_VENDOR, VENDOR_MOST, &bytes);
    if (vendor != NULL) {
        (void)pe_decode_vendor(vendor, bytes, program->vendor);
    }
    heap_free(vendor);
    return STATUS_OK;
}

unsigned program_trust(const struct program *program)
{
    unsigned trust = 0;
    for (unsigned i = 0; i < program->signer_count; i++) {
        trust |= program->signers[i].trust;
    }
    return trust;
}

bool program_is_accepted(const struct program *program, const char *vendor)
{
    bool is_accepted = program_trust(program) != 0;
    for (unsigned i = 0; i < program->signer_count && vendor[0] != '\0'; i++) {
        is_accepted = is_accepted || strcmp(program->signers[i].issuer, vendor) == 0 ||
                      strcmp(program->signers[i].subject, vendor) == 0;
    }
    return is_accepted;
}

void program_print_signers(const struct program *program, struct text *out)
{
    if (program->signer_count == 0) {
        text_add(out, program->is_broken ? "somebody, in a way that cannot be read" : "nobody");
    }
    for (unsigned i = 0; i < program->signer_count; i++) {
        const struct pe_signer *signer = &program->signers[i];
        const char *between = i == 0 ? "" : i + 1 == program->signer_count ? " and " : ", ";
        text_add_format(out, "%s%s", between, signer->name == NULL ? signer->issuer : signer->name);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
// Kea's client classes.
#include "base/text.h"
#include "cli/migrate_kea.h"

#include <string.h>

#define OF_ITS_VENDOR "VENDOR_CLASS_"

static struct kea_class *class_of_source(const struct kea_reading *reading, const char *name)
{
    for (size_t i = 0; i < reading->classes.count; i++) {
        struct kea_class *class = heap_array_get(&reading->classes, i);
        if (strcmp(class->source, name) == 0) {
            return class;
        }
    }
    return NULL;
}

// Adds the class with its conditions among imprint's.
static void add_class(struct kea_reading *reading, const char *name, const struct migrate_terms *terms)
{
    struct kea_class class = {.terms = *terms};
    if (reading->classes.count >= MIGRATE_MOST ||
        text_copy(class.source, sizeof class.source, name) != STATUS_OK) {
        kea_remark(reading, MIGRATE_LEFT, "its name is too long, or there are too many classes");
        return;
    }
    if (terms->count != 0) {
        class.item = migrate_class_add(reading->migration, name, reading->what);
    }
    if (class.item != 0) {
        migrate_terms_set(reading->migration, class.item, terms, reading->what);
    }
    heap_array_add(&reading->classes, &class);
}

// The class that Kea has without being told: of all clients with this vendor class.
static bool read_vendor(const char *name, struct migrate_terms *terms)
{
    const char *vendor = name + strlen(OF_ITS_VENDOR);
    *terms = (struct migrate_terms){0};
    return text_starts(name, OF_ITS_VENDOR) &&
           migrate_term_add(terms, "vendor_class", vendor, strlen(vendor), false);
}

const char *kea_class_find(struct kea_reading *reading, const char *name)
{
    struct migrate_terms terms;
    const struct kea_class *class = class_of_source(reading, name);
    if (strcmp(name, "ALL") == 0) {
        return "";
    }
    if (class == NULL && read_vendor(name, &terms)) {
        add_class(reading, name, &terms);
        class = class_of_source(reading, name);
    }
    return class == NULL ? NULL : migrate_class_find_name(reading->migration, class->item);
}

// ---- client-classes ----

static void take_lease(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    migrate_dhcp_lease(reading->migration, scope->class, "lease", kea_tree_get(&reading->tree, node)->text,
                       false, reading->what);
}

static void take_required(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    (void)scope;
    if (strcmp(kea_tree_get(&reading->tree, node)->text, "true") == 0) {
        kea_remark(reading, MIGRATE_CHANGED,
                   "imprint asks about every class for every client, not only where a network names it");
    }
}

static const struct kea_row class_rows[] = {
    {"name", MIGRATE_NEEDLESS, "see the class", NULL},
    {"test", MIGRATE_NEEDLESS, "see the class", NULL},
    {"option-def", MIGRATE_LEFT, NULL, kea_definitions_read},
    {"valid-lifetime", MIGRATE_LEFT, NULL, take_lease},
    {"min-valid-lifetime", MIGRATE_LEFT, "a class has a lease, but no bounds of it", NULL},
    {"max-valid-lifetime", MIGRATE_LEFT, "a class has a lease, but no bounds of it", NULL},
    {"only-if-required", MIGRATE_LEFT, NULL, take_required},
    {"only-in-additional-list", MIGRATE_LEFT, NULL, take_required},
};

// Whether the class has nothing but a boot file, which imprint chooses by itself.
static bool is_about_booting(const struct kea_reading *reading, size_t node)
{
    bool has_file = kea_tree_find(&reading->tree, node, "boot-file-name") != KEA_NODE_NONE ||
                    kea_tree_find(&reading->tree, node, "next-server") != KEA_NODE_NONE;
    return has_file && kea_tree_find(&reading->tree, node, "option-data") == KEA_NODE_NONE &&
           kea_tree_find(&reading->tree, node, "valid-lifetime") == KEA_NODE_NONE;
}

static void take_class(struct kea_reading *reading, size_t node, struct kea_scope *scope)
{
    struct migrate_terms terms = {0};
    struct kea_scope inside = *scope;
    const char *name = kea_tree_find_text(&reading->tree, node, "name");
    const char *test = kea_tree_find_text(&reading->tree, node, "test");
    size_t template = kea_tree_find(&reading->tree, node, "template-test");
    (void)snprintf(reading->what, sizeof reading->what, "class %.100s", name);
    if (name[0] == '\0') {
        kea_remark(reading, MIGRATE_FAULT, "a class has no name");
        return;
    }
    if (class_of_source(reading, name) != NULL) {
        kea_remark(reading, MIGRATE_FAULT, "there is a class of this name already");
        return;
    }
    bool good = test[0] != '\0' ? kea_test_read(reading, test, &terms) : read_vendor(name, &terms);
    if (!good) {
        terms.count = 0;
    }
    add_class(reading, name, &terms);
    const struct kea_class *class = class_of_source(reading, name);
    inside.class = class == NULL ? 0 : class->item;
    if (inside.class != 0) {
        kea_members_read(reading, node, class_rows, COUNT_OF(class_rows), &inside);
    } else if (is_about_booting(reading, node)) {
        kea_remark(reading, MIGRATE_NEEDLESS, "imprint chooses the boot file of each firmware by itself");
    } else if (class != NULL) {
        migrate_remark(reading->migration, MIGRATE_LEFT, reading->what,
                       template != KEA_NODE_NONE ? "imprint's classes are written down one by one"
                       : test[0] == '\0'
                           ? "nothing says who belongs to it, so only reservations or hooks did"
                           : "imprint's classes cannot say its condition; see 'match' in imprint.yaml(5)");
    }
}

void kea_classes_read(struct kea_reading *reading, size_t position, struct kea_scope *scope)
{
    kea_list_read(reading, position, scope, take_class);
}

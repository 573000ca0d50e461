// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/qcow2.h"

#include "base/reader.h"

#include <string.h>

// Incompatible features of version 3.
#define FEATURE_DIRTY       1u
#define FEATURE_CORRUPT     2u
#define FEATURE_DATA_FILE   4u
#define FEATURE_COMPRESSION 8u
#define FEATURE_L2          16u
#define FEATURES_GOOD       (FEATURE_DIRTY | FEATURE_COMPRESSION | FEATURE_L2)

static uint64_t read_be64(struct reader *reader)
{
    uint64_t high = read_be32(reader);
    return high << 32 | read_be32(reader);
}

static enum status refuse(struct problem *problem, enum status status, const char *what, const char *remedy)
{
    problem_set(problem, "this qcow2 image %s", what);
    problem_set_remedy(problem, "%s", remedy);
    return status;
}

static enum status check_features(uint64_t features, struct problem *problem)
{
    if ((features & FEATURE_DATA_FILE) != 0) {
        return refuse(problem, STATUS_UNSUPPORTED, "keeps its data in another file",
                      "make one that stands alone: qemu-img convert -O qcow2 OLD NEW");
    }
    if ((features & FEATURE_CORRUPT) != 0) {
        return refuse(problem, STATUS_MALFORMED, "is marked as damaged",
                      "fetch it again, or qemu-img check -r all");
    }
    if ((features & ~(uint64_t)FEATURES_GOOD) != 0) {
        return refuse(problem, STATUS_UNSUPPORTED, "has features that imprint does not know",
                      "convert it: qemu-img convert -O qcow2 OLD NEW");
    }
    return STATUS_OK;
}

enum status qcow2_check(const uint8_t *data, size_t bytes, uint64_t *disk_bytes, struct problem *problem)
{
    struct reader reader = reader_init(data, bytes);
    bool is_qcow = read_be32(&reader) == 0x514649fb;
    uint32_t version = read_be32(&reader);
    uint64_t backing = read_be64(&reader);
    read_skip(&reader, 8); // backing file's length, cluster size
    uint64_t size = read_be64(&reader);
    uint32_t encryption = read_be32(&reader);
    if (!is_qcow || reader.failed || version < 2 || version > 3 || size == 0) {
        return refuse(problem, STATUS_MALFORMED, "has no header that can be read", "fetch it again");
    }
    if (backing != 0) {
        return refuse(problem, STATUS_UNSUPPORTED, "is only what differs from another one (its backing file)",
                      "make one that stands alone: qemu-img convert -O qcow2 OLD NEW");
    }
    if (encryption != 0) {
        return refuse(problem, STATUS_UNSUPPORTED, "is encrypted", "decrypt it first with qemu-img convert");
    }
    if (version == 3) {
        read_skip(&reader, 36); // tables and snapshots
        uint64_t features = read_be64(&reader);
        enum status status = reader.failed ? refuse(problem, STATUS_MALFORMED, "is cut off", "fetch it again")
                                           : check_features(features, problem);
        if (status != STATUS_OK) {
            return status;
        }
    }
    *disk_bytes = size;
    return STATUS_OK;
}

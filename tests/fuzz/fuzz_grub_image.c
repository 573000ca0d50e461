// SPDX-License-Identifier: GPL-3.0-or-later
#include "format/grub_image.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct grub_image image;
    char *input = fuzz_string(data, size);
    bool is_one = grub_image_decode((const uint8_t *)input, size, &image);
    fuzz_must(!is_one || image.modules != 0);
    fuzz_must(image.modules <= GRUB_IMAGE_PARTS_MOST);
    for (const char *at = image.prefix; *at != '\0'; at++) {
        fuzz_must(at < image.prefix + sizeof image.prefix && *at >= ' ' && *at < 0x7f);
    }
    free(input);
    return 0;
}

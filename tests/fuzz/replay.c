// SPDX-License-Identifier: GPL-3.0-or-later
// Runs a fuzz target over the files of its corpus in a normal test run: every file whole, and cut at up to
// PREFIXES places, each time in a heap block of exactly its size so that the sanitizers see a read past its
// end. It finds nothing new; it keeps what was found once from coming back.
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>

#define INPUT_BYTES_MOST (1024 * 1024)
#define PREFIXES         512

static void replay_bytes(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size == 0 ? 1 : size);
    fuzz_must(exact != NULL);
    if (size != 0) {
        memcpy(exact, data, size);
    }
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static int replay_file(const char *path)
{
    static uint8_t data[INPUT_BYTES_MOST];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    size_t size = fread(data, 1, sizeof data, file);
    int failed = ferror(file) || fgetc(file) != EOF;
    (void)fclose(file);
    if (failed) {
        (void)fprintf(stderr, "%s: cannot be read, or is larger than %d bytes\n", path, INPUT_BYTES_MOST);
        return 1;
    }
    size_t step = size / PREFIXES + 1;
    for (size_t cut = 0; cut < size; cut += step) {
        replay_bytes(data, cut);
    }
    replay_bytes(data, size);
    return 0;
}

int main(int count, char *arguments[])
{
    if (count != 2) {
        (void)fprintf(stderr, "usage: %s CORPUS-FOLDER\n", arguments[0]);
        return 2;
    }
    DIR *folder = opendir(arguments[1]);
    if (folder == NULL) {
        perror(arguments[1]);
        return 1;
    }
    unsigned files = 0;
    int failed = 0;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%s", arguments[1], entry->d_name);
        failed |= replay_file(path);
        files++;
    }
    (void)closedir(folder);
    (void)printf("%u files replayed\n", files);
    return failed || files == 0;
}

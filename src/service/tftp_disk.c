// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/tftp_disk.h"

#include "content/upload.h"
#include "io/heap.h"
#include "service/tftp_thread.h"

struct tftp_disk {
    pthread_mutex_t lock; // of all below
    pthread_cond_t wake;
    struct tftp_store *first;
    struct tftp_store *last;
    bool is_running;
    bool is_stopping;
    pthread_t id;
};

struct tftp_disk *tftp_disk_new(void)
{
    struct tftp_disk *disk = heap_new(sizeof *disk);
    int failed = pthread_mutex_init(&disk->lock, NULL);
    failed |= pthread_cond_init(&disk->wake, NULL);
    assert(failed == 0);
    return disk;
}

// The next one; NULL: there will be none any more.
static struct tftp_store *take(struct tftp_disk *disk)
{
    pthread_mutex_lock(&disk->lock);
    while (disk->first == NULL && !disk->is_stopping) {
        pthread_cond_wait(&disk->wake, &disk->lock);
    }
    struct tftp_store *store = disk->first;
    if (store != NULL) {
        disk->first = store->next;
        disk->last = disk->first == NULL ? NULL : disk->last;
    }
    pthread_mutex_unlock(&disk->lock);
    return store;
}

static void *run(void *context)
{
    struct tftp_disk *disk = context;
    (void)pthread_setname_np(pthread_self(), "tftp-disk");
    for (struct tftp_store *store = take(disk); store != NULL; store = take(disk)) {
        store->status = upload_commit(store->upload);
        struct tftp_mail *mail = heap_new(sizeof *mail);
        mail->kind = TFTP_MAIL_STORED;
        mail->store = store;
        tftp_thread_post(store->thread, mail);
    }
    return NULL;
}

void tftp_disk_put(struct tftp_disk *disk, struct tftp_store *taken_store)
{
    taken_store->next = NULL;
    pthread_mutex_lock(&disk->lock);
    *(disk->last == NULL ? &disk->first : &disk->last->next) = taken_store;
    disk->last = taken_store;
    if (!disk->is_running) { // it inherits that signals are the loop thread's
        int failed = pthread_create(&disk->id, NULL, run, disk);
        assert(failed == 0);
        disk->is_running = true;
    }
    pthread_cond_signal(&disk->wake);
    pthread_mutex_unlock(&disk->lock);
}

void tftp_disk_free(struct tftp_disk *taken_disk)
{
    pthread_mutex_lock(&taken_disk->lock);
    taken_disk->is_stopping = true;
    pthread_cond_signal(&taken_disk->wake);
    pthread_mutex_unlock(&taken_disk->lock);
    if (taken_disk->is_running) {
        (void)pthread_join(taken_disk->id, NULL);
    }
    pthread_cond_destroy(&taken_disk->wake);
    pthread_mutex_destroy(&taken_disk->lock);
    heap_free(taken_disk);
}

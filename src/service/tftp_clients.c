// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/tftp_clients.h"

#include "base/hash.h"
#include "io/heap.h"

#define CLIENT_BUCKETS 4096

struct client {
    struct tftp_client known; // its texts are ours
    struct client *next_in_bucket;
    struct client *newer;
    struct client *older;
    int64_t heard_ms;
    char *entry;
    char *first;
    char *loader;
};

struct tftp_clients {
    struct client *buckets[CLIENT_BUCKETS];
    struct client *newest;
    struct client *oldest;
    unsigned count;
    unsigned most;
    int64_t keep_ms;
};

static struct client **bucket_of(struct tftp_clients *clients, struct ip address)
{
    static const struct hash_key KEY = {0x696d7072696e7436, 0x636c69656e740001};
    return &clients->buckets[hash_bytes(KEY, &address, sizeof address) & (CLIENT_BUCKETS - 1)];
}

static struct client *look_up(struct tftp_clients *clients, struct ip address)
{
    struct client *client = *bucket_of(clients, address);
    while (client != NULL && !ip_equal(client->known.address, address)) {
        client = client->next_in_bucket;
    }
    return client;
}

static void leave_line(struct tftp_clients *clients, struct client *client)
{
    *(client->newer != NULL ? &client->newer->older : &clients->newest) = client->older;
    *(client->older != NULL ? &client->older->newer : &clients->oldest) = client->newer;
}

static void join_line(struct tftp_clients *clients, struct client *client)
{
    client->newer = NULL;
    client->older = clients->newest;
    *(clients->newest != NULL ? &clients->newest->newer : &clients->oldest) = client;
    clients->newest = client;
}

static void free_client(struct client *client)
{
    heap_free(client->entry);
    heap_free(client->first);
    heap_free(client->loader);
    heap_free(client);
}

static void forget(struct tftp_clients *clients, struct client *client)
{
    struct client **at = bucket_of(clients, client->known.address);
    while (*at != client) {
        at = &(*at)->next_in_bucket;
    }
    *at = client->next_in_bucket;
    leave_line(clients, client);
    clients->count--;
    free_client(client);
}

static struct client *add(struct tftp_clients *clients, struct ip address)
{
    struct client *client = heap_new(sizeof *client);
    struct client **bucket = bucket_of(clients, address);
    client->known.address = address;
    client->next_in_bucket = *bucket;
    *bucket = client;
    join_line(clients, client);
    clients->count++;
    if (clients->count > clients->most) {
        forget(clients, clients->oldest);
    }
    return client;
}

static void hear(struct tftp_clients *clients, struct client *client, int64_t now_ms)
{
    client->heard_ms = now_ms;
    leave_line(clients, client);
    join_line(clients, client);
}

static void set_text(char **text, const char *value)
{
    char *copy = heap_copy_text(value);
    heap_free(*text);
    *text = copy;
}

struct tftp_clients *tftp_clients_new(unsigned most, int64_t keep_ms)
{
    struct tftp_clients *clients = heap_new(sizeof *clients);
    assert(most > 0);
    clients->most = most;
    clients->keep_ms = keep_ms;
    return clients;
}

void tftp_clients_free(struct tftp_clients *clients)
{
    if (clients == NULL) {
        return;
    }
    while (clients->oldest != NULL) {
        forget(clients, clients->oldest);
    }
    heap_free(clients);
}

const struct tftp_client *tftp_clients_find(struct tftp_clients *clients, struct ip address, int64_t now_ms)
{
    struct client *client = look_up(clients, address);
    if (client != NULL && now_ms - client->heard_ms > clients->keep_ms) {
        forget(clients, client);
        client = NULL;
    }
    if (client == NULL) {
        return NULL;
    }
    hear(clients, client, now_ms);
    return &client->known;
}

void tftp_clients_put(struct tftp_clients *clients, struct ip address, const char *entry, const char *loader,
                      int64_t now_ms)
{
    (void)tftp_clients_find(clients, address, now_ms); // one that is too old is no client
    struct client *client = look_up(clients, address);
    if (client == NULL) {
        client = add(clients, address);
        set_text(&client->first, loader);
    }
    set_text(&client->entry, entry);
    set_text(&client->loader, loader);
    client->known.entry = client->entry;
    client->known.first = client->first;
    client->known.loader = client->loader;
    hear(clients, client, now_ms);
}

void tftp_clients_clear_entry(struct tftp_clients *clients, struct ip address)
{
    struct client *client = look_up(clients, address);
    if (client != NULL) {
        client->entry[0] = '\0';
    }
}

void tftp_clients_remove(struct tftp_clients *clients, struct ip address)
{
    struct client *client = look_up(clients, address);
    if (client != NULL) {
        forget(clients, client);
    }
}

unsigned tftp_clients_count(const struct tftp_clients *clients)
{
    return clients->count;
}

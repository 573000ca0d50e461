// SPDX-License-Identifier: GPL-3.0-or-later
// Orders in memory: found by id, the live one by its machine. Ended ones are kept for a while and then
// forgotten.
#include "io/token.h"
#include "store/memory.h"

#include <errno.h>
#include <string.h>

static struct row_table *order_table(const struct store *store)
{
    return store->tables[STORE_ORDER];
}

static uint32_t order_hash_machine(const struct store *store, uint64_t machine_id)
{
    return store_hash(store, &machine_id, sizeof machine_id);
}

static void order_write_row(struct store *store, uint32_t row, const struct order *order)
{
    memcpy(row_table_get(order_table(store), row), order, sizeof *order);
    if (order_is_live(order)) {
        row_index_add(&store->order_live, order_hash_machine(store, order->machine_id), row);
    } else {
        store->orders_ended++;
    }
}

/// Undoes what order_write_row did beside the row.
static void order_forget(struct store *store, uint32_t row)
{
    const struct order *order = row_table_get(order_table(store), row);
    if (order_is_live(order)) {
        row_index_remove(&store->order_live, order_hash_machine(store, order->machine_id), row);
    } else {
        store->orders_ended--;
    }
}

static void order_remove(struct store *store, uint64_t id)
{
    uint32_t row = row_table_find(order_table(store), id);
    order_forget(store, row);
    row_table_remove(order_table(store), row);
    row_table_mark(order_table(store), id);
}

/// Removes the orders whose ids are in `ids`, and the list.
static void order_remove_all(struct store *store, struct heap_array *ids)
{
    for (size_t i = 0; i < ids->count; i++) {
        order_remove(store, *(const uint64_t *)heap_array_get(ids, i));
    }
    heap_array_clear(ids);
}

void memory_load_order(void *store, const void *order)
{
    const struct order *loaded = order;
    struct store *self = store;
    order_write_row(self, row_table_add(order_table(self), loaded->id), loaded);
}

void memory_remove_orders(struct store *store, uint64_t machine_id)
{
    struct heap_array ids = heap_array_init(sizeof(uint64_t));
    const struct order *order;
    for (size_t at = 0; (order = row_table_find_next(order_table(store), &at)) != NULL;) {
        if (order->machine_id == machine_id) {
            heap_array_add(&ids, &order->id);
        }
    }
    order_remove_all(store, &ids);
}

bool memory_find_order_of(const struct store *store, const char *name, uint64_t *id)
{
    const struct order *order;
    for (size_t at = 0; (order = row_table_find_next(order_table(store), &at)) != NULL;) {
        if (order_is_live(order) && strcmp(order->profile, name) == 0) {
            *id = order->id;
            return true;
        }
    }
    return false;
}

void store_order_each(const struct store *store, bool (*visit)(const struct order *, void *), void *context)
{
    const struct order *order;
    for (size_t at = 0; (order = row_table_find_next(order_table(store), &at)) != NULL;) {
        if (!visit(order, context)) {
            return;
        }
    }
}

const struct order *store_order_get(const struct store *store, uint64_t id)
{
    return row_table_find_row(order_table(store), id);
}

const struct order *store_order_find_live(const struct store *store, uint64_t machine_id)
{
    uint32_t hash = order_hash_machine(store, machine_id);
    uint32_t row;
    for (uint32_t tries = 0; (row = row_index_find(&store->order_live, hash, &tries)) != ROW_NONE;) {
        const struct order *order = row_table_get(order_table(store), row);
        if (order->machine_id == machine_id) {
            return order;
        }
    }
    return NULL;
}

static enum status order_check(const struct store *store, const struct order *order, struct problem *problem)
{
    if (order->id != 0 && store_order_get(store, order->id) == NULL) {
        problem_set(problem, "order %llu is gone", (unsigned long long)order->id);
        return STATUS_NOT_FOUND;
    }
    const struct machine *machine = store_machine_get(store, order->machine_id);
    if (machine == NULL) {
        problem_set(problem, "the machine of this order was removed meanwhile");
        return STATUS_NOT_FOUND;
    }
    const struct order *live = order_is_live(order) ? store_order_find_live(store, machine->id) : NULL;
    if (live != NULL && live->id != order->id) {
        problem_set(problem, "the machine '%s' has an order already: %llu", machine->name,
                    (unsigned long long)live->id);
        problem_set_remedy(problem, "imprint order cancel %llu", (unsigned long long)live->id);
        return STATUS_EXISTS;
    }
    return STATUS_OK;
}

/// Forgets the oldest ended orders, many at once, except `kept_id`.
static void order_prune(struct store *store, uint64_t kept_id)
{
    if (store->orders_ended <= STORE_ORDERS_MOST + STORE_ORDERS_SLACK) {
        return;
    }
    struct heap_array ids = heap_array_init(sizeof(uint64_t));
    uint32_t surplus = store->orders_ended - STORE_ORDERS_MOST;
    const struct order *order;
    for (size_t at = 0; ids.count < surplus;) {
        order = row_table_find_next(order_table(store), &at);
        if (order == NULL) {
            break;
        }
        if (!order_is_live(order) && order->id != kept_id) {
            heap_array_add(&ids, &order->id);
        }
    }
    order_remove_all(store, &ids);
}

// Its answer files are to be had by who was told this alone.
static enum status order_make_token(struct order *order, struct problem *problem)
{
    if (!token_make(order->token, sizeof order->token)) {
        problem_set(problem, "the kernel gives no random numbers: %s", strerror(errno));
        return STATUS_IO;
    }
    return STATUS_OK;
}

enum status store_order_put(struct store *store, struct order *order, struct problem *problem)
{
    struct row_table *table = order_table(store);
    enum status status = order_check(store, order, problem);
    if (status == STATUS_OK && order->token[0] == '\0') {
        status = order_make_token(order, problem);
    }
    if (status != STATUS_OK) {
        return status;
    }
    uint32_t row;
    if (order->id == 0) {
        order->id = table->last_id + 1;
        row = row_table_add(table, order->id);
    } else {
        row = row_table_find(table, order->id);
        order_forget(store, row);
    }
    order_write_row(store, row, order);
    row_table_mark(table, order->id);
    order_prune(store, order->id);
    return STATUS_OK;
}

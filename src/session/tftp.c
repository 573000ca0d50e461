// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/tftp.h"

#include <string.h>

#define RTO_FIRST_US     200000  // before the first round trip was measured
#define RTO_MOST_US      5300000 // longer than the 5 s after which atftp, curl and U-Boot speak again
#define RTO_SLACK_US     10000   // for what the measured round trips do not show
#define TIMEOUT_LEAST_US 1000000 // what the back-off may always grow to: utimeout may ask for 10 ms
#define DOUBTS_MOST      6       // so many losses in a row are rarer than a network that became slow
#define TAIL_WEIGHT      8       // a tail lost is forgotten after so many windows that arrived
#define WHOLES_MOST      100     // windows in parts that arrived: larger parts are tried again
#define BURST_FIRST      16      // blocks of such a part; half as many when that is not enough
#define BURST_LEAST      4
#define PAUSE_LEAST_US   500 // between two parts
#define PAUSE_MOST_US    5000
#define PAUSE_TRIES      6 // so many in vain: now it is the client's turn ...
#define CLOSE_PARTS      4 // ... and what comes sooner than this part of a round trip is an ACK that came twice

// Granting.

struct grant {
    struct tftp_read *read;
    const struct tftp_options *asked;
    const struct tftp_limits *limits;
    bool has_block_bytes;
};

static bool is_granted(const struct grant *grant, enum tftp_option option)
{
    return grant->asked->has[option] && (grant->limits->refused & 1u << option) == 0;
}

static uint16_t power_of_two(uint16_t most)
{
    uint16_t power = TFTP_LEAST_BLOCK_BYTES;
    while (power <= most / 2) {
        power = (uint16_t)(power * 2);
    }
    return power;
}

// Of blksize and blksize2 the first counts, as with tftp-hpa.
static bool grant_block_bytes(struct grant *grant, enum tftp_option option, uint64_t *value)
{
    if (grant->has_block_bytes) {
        return false;
    }
    uint16_t most = grant->limits->block_most;
    uint16_t bytes = *value < most ? (uint16_t)*value : most;
    *value = option == TFTP_OPTION_BLKSIZE2 ? power_of_two(bytes) : bytes;
    grant->has_block_bytes = true;
    grant->read->block_bytes = (uint16_t)*value;
    return true;
}

// Whether `option` is in the OACK, and `*value` as asked becomes the one granted: never above it.
static bool grant_option(struct grant *grant, enum tftp_option option, uint64_t *value)
{
    switch (option) {
    case TFTP_OPTION_BLKSIZE:
    case TFTP_OPTION_BLKSIZE2:
        return grant_block_bytes(grant, option, value);
    case TFTP_OPTION_TIMEOUT:
    case TFTP_OPTION_UTIMEOUT:
        return true; // the same or nothing (RFC 2349)
    case TFTP_OPTION_TSIZE:
        *value = grant->read->size_bytes;
        return true;
    case TFTP_OPTION_WINDOWSIZE: // the value is put when the size of the blocks is known
        return true;
    case TFTP_OPTION_MSFTWINDOW:
        if (*value != TFTP_MSFTWINDOW_ASKED) {
            return false;
        }
        *value = TFTP_MSFTWINDOW_GRANTED;
        grant->read->window_most = 1;
        return true;
    case TFTP_OPTION_ROLLOVER:
        if (*value > TFTP_ROLLOVER_MOST) {
            return false; // its numbers would say nothing
        }
        grant->read->rollover = (uint16_t)*value;
        return true;
    case TFTP_OPTION_MULTICAST:
    case TFTP_OPTION_COUNT:
        break;
    }
    return false;
}

// Windows loaders ask for both kinds of window: windowsize is the first one, then the ACKs say it.
static void grant_window(struct grant *grant)
{
    struct tftp_read *read = grant->read;
    size_t most = size_min(grant->limits->window_most, TFTP_WINDOW_MOST);
    most = size_min(most, size_max(1, TFTP_BURST_BYTES / read->block_bytes));
    read->window_most = read->window_most != 0 ? (uint16_t)most : 0;
    if (read->granted.has[TFTP_OPTION_WINDOWSIZE]) {
        read->window = (uint16_t)size_min((size_t)grant->asked->value[TFTP_OPTION_WINDOWSIZE], most);
        tftp_options_put(&read->granted, TFTP_OPTION_WINDOWSIZE, read->window);
    }
}

static void grant_options(struct grant *grant)
{
    for (size_t i = 0; i < grant->asked->count; i++) {
        enum tftp_option option = grant->asked->order[i];
        uint64_t value = grant->asked->value[option];
        if (is_granted(grant, option) && grant_option(grant, option, &value)) {
            tftp_options_put(&grant->read->granted, option, value);
        }
    }
    grant_window(grant);
}

void tftp_read_init(struct tftp_read *read, const struct tftp_options *asked, uint64_t size_bytes,
                    const struct tftp_limits *limits)
{
    assert(limits->block_most >= TFTP_LEAST_BLOCK_BYTES && limits->window_most >= 1 &&
           limits->rollover <= TFTP_ROLLOVER_MOST);
    *read = (struct tftp_read){.size_bytes = size_bytes,
                               .block_bytes = TFTP_DEFAULT_BLOCK_BYTES,
                               .window = 1,
                               .rollover = limits->rollover};
    grant_options(&(struct grant){.read = read, .asked = asked, .limits = limits});
    read->block_count = size_bytes / read->block_bytes + 1;
    read->is_oack_acked = read->granted.count == 0;
}

size_t tftp_read_encode_oack(const struct tftp_read *read, void *out, size_t out_bytes)
{
    size_t written = 0;
    if (read->granted.count == 0 || tftp_encode_oack(&read->granted, out, out_bytes, &written) != STATUS_OK) {
        return 0;
    }
    return written;
}

size_t tftp_read_block_bytes(const struct tftp_read *read, uint64_t block)
{
    assert(block >= 1 && block <= read->block_count);
    return block < read->block_count ? read->block_bytes : (size_t)(read->size_bytes % read->block_bytes);
}

uint16_t tftp_wire_block(uint64_t block, uint16_t rollover)
{
    if (block <= UINT16_MAX || rollover == 0) {
        return (uint16_t)block;
    }
    return (uint16_t)(rollover + (block - UINT16_MAX - 1) % (UINT16_MAX + 1u - rollover));
}

uint16_t tftp_read_wire_block(const struct tftp_read *read, uint64_t block)
{
    return tftp_wire_block(block, read->rollover);
}

// Which block a number near the window means: the first one from what is acknowledged on that has it.
// UINT64_MAX when none has.
static uint64_t block_heard(const struct tftp_read *read, uint16_t number)
{
    uint16_t here = tftp_read_wire_block(read, read->acked);
    if (number >= here) {
        return read->acked + number - here;
    }
    if (number < read->rollover) {
        return UINT64_MAX;
    }
    return read->acked + (UINT16_MAX + 1u - here) + number - read->rollover;
}

uint16_t tftp_read_silent_block_bytes(const struct tftp_read *read, int64_t now_us)
{
    bool is_stuck = read->granted.count != 0 && read->is_oack_acked && read->acked == 0 && read->tries >= 2;
    bool is_large = read->block_bytes > TFTP_DEFAULT_BLOCK_BYTES;
    return is_stuck && is_large && now_us - read->progress_us >= TFTP_SILENT_US ? read->block_bytes : 0;
}

// The timer. RFC 6298 with a finer floor: nothing here delays its ACKs on purpose.

// How long the client wants us to wait at most, of the options timeout and utimeout.
static int64_t timeout_asked_us(const struct tftp_read *read)
{
    int64_t most_us = INT64_MAX;
    if (read->granted.has[TFTP_OPTION_TIMEOUT]) {
        most_us = (int64_t)read->granted.value[TFTP_OPTION_TIMEOUT] * 1000000;
    }
    if (read->granted.has[TFTP_OPTION_UTIMEOUT]) {
        int64_t asked_us = (int64_t)read->granted.value[TFTP_OPTION_UTIMEOUT];
        most_us = asked_us < most_us ? asked_us : most_us;
    }
    return most_us;
}

static int64_t timeout_us(const struct tftp_read *read)
{
    int64_t base_us = read->srtt_us == 0 ? RTO_FIRST_US : read->srtt_us + 4 * read->rttvar_us + RTO_SLACK_US;
    unsigned shift = read->tries;
    int64_t most_us = RTO_MOST_US;
    int64_t asked_us = timeout_asked_us(read);
    if (asked_us < most_us) {
        most_us = asked_us > TIMEOUT_LEAST_US ? asked_us : TIMEOUT_LEAST_US;
        base_us = base_us < asked_us ? base_us : asked_us;
    }
    // atftp answers a block that comes again once, and then no more; but each one makes its timer start
    // again. So there must be a silence long enough for that timer, and soon.
    return shift >= PAUSE_TRIES || base_us > most_us >> shift ? most_us : base_us << shift;
}

static void measure_start(struct tftp_read *read, uint64_t block, int64_t now_us)
{
    read->is_measuring = true;
    read->is_doubtful = false;
    read->measured = block;
    read->sent_at_us = now_us;
}

static void measure_end(struct tftp_read *read, int64_t now_us)
{
    int64_t sample_us = now_us - read->sent_at_us;
    sample_us = sample_us > 0 ? sample_us : 1;
    read->is_measuring = false;
    read->doubts = 0;
    if (read->srtt_us == 0) {
        read->srtt_us = sample_us;
        read->rttvar_us = sample_us / 2;
        return;
    }
    int64_t error_us = sample_us - read->srtt_us;
    int64_t distance_us = error_us < 0 ? -error_us : error_us;
    read->rttvar_us += (distance_us - read->rttvar_us) / 4;
    read->srtt_us += error_us / 8;
    read->srtt_us = read->srtt_us > 0 ? read->srtt_us : 1;
}

// What is measured goes out again since the timer ran out, so its ACK will tell no round trip (Karn).
static void measure_doubt(struct tftp_read *read)
{
    read->is_doubtful = read->is_doubtful || read->is_measuring;
    read->is_measuring = false;
}

// The ACK came, of the first copy or a later one. One such is a loss; but on a network that became slow every
// block is sent twice from then on and none would ever be measured. So of several in a row the shortest is
// believed.
static void measure_end_doubtful(struct tftp_read *read, int64_t now_us)
{
    int64_t most_us = now_us - read->sent_at_us;
    read->is_doubtful = false;
    read->doubt_us = read->doubts == 0 || most_us < read->doubt_us ? most_us : read->doubt_us;
    read->doubts++;
    if (read->doubts == DOUBTS_MOST) {
        read->doubts = 0;
        read->srtt_us = read->doubt_us;
    }
}

static void measure_heard(struct tftp_read *read, uint64_t block, int64_t now_us)
{
    if (block < read->measured) {
        return;
    }
    if (read->is_measuring) {
        measure_end(read, now_us);
    } else if (read->is_doubtful) {
        measure_end_doubtful(read, now_us);
    }
}

// Writing actions.

struct output {
    struct tftp_action *actions;
    unsigned count;
};

static void put_action(struct output *output, struct tftp_action action)
{
    assert(output->count < TFTP_ACTIONS_MOST);
    output->actions[output->count++] = action;
}

static void finish(struct tftp_read *read, enum tftp_outcome outcome, struct output *output)
{
    read->is_finished = true;
    put_action(output, (struct tftp_action){.kind = TFTP_ACTION_FINISHED, .outcome = outcome});
}

static void send_oack(struct tftp_read *read, int64_t now_us, struct output *output)
{
    read->wake_us = now_us + timeout_us(read);
    put_action(output, (struct tftp_action){.kind = TFTP_ACTION_SEND_OACK});
}

static uint64_t window_last(const struct tftp_read *read)
{
    uint64_t left = read->block_count - read->acked;
    return read->acked + (left < read->window ? left : read->window);
}

// Sends what is left to send of the window: all, or as much as this client can take at once.
static void send_rest(struct tftp_read *read, int64_t now_us, struct output *output)
{
    uint64_t first = read->rest_first;
    uint64_t last = window_last(read);
    bool is_part = read->burst != 0 && first + read->burst <= last;
    read->rest_first = 0;
    read->wake_us = now_us + timeout_us(read);
    if (first > last) {
        return; // the window became smaller meanwhile
    }
    if (is_part) {
        last = first + read->burst - 1;
        int64_t pause_us = read->srtt_us / 4 > PAUSE_LEAST_US ? read->srtt_us / 4 : PAUSE_LEAST_US;
        read->wake_us = now_us + (pause_us < PAUSE_MOST_US ? pause_us : PAUSE_MOST_US);
        read->rest_first = last + 1;
    } else if (read->is_measuring && read->measured == last) {
        read->sent_at_us = now_us; // the pauses are no part of the round trip
    }
    read->sent = last > read->sent ? last : read->sent;
    unsigned count = (unsigned)(last - first + 1);
    put_action(output, (struct tftp_action){.kind = TFTP_ACTION_SEND_BLOCKS, .first = first, .count = count});
}

// Blocks `first` .. the end of the window behind what is acknowledged, if there are any. Only a burst without
// any block sent before can tell the round trip.
static void send_from(struct tftp_read *read, uint64_t first, int64_t now_us, struct output *output)
{
    uint64_t last = window_last(read);
    if (first <= last && first <= read->sent) {
        read->is_measuring = false;
        read->has_rewound = true;
        read->recover = read->sent;
    } else if (first <= last && first == read->acked + 1) {
        measure_start(read, last, now_us);
    }
    read->rest_first = first;
    send_rest(read, now_us, output);
}

// All that the client has not acknowledged, and as many new ones as the window has room for.
static void send_window(struct tftp_read *read, int64_t now_us, struct output *output)
{
    send_from(read, read->acked + 1, now_us, output);
}

// Whether the client may have got blocks twice around `block`. EDK2 acknowledges once for every block that is
// not the one it expects, so around there its ACKs say where it stands and not that something is missing.
static bool is_recovering(const struct tftp_read *read, uint64_t block)
{
    return read->has_rewound && block <= read->recover;
}

// Events.

static void step_start(struct tftp_read *read, int64_t now_us, struct output *output)
{
    read->progress_us = now_us;
    if (read->is_oack_acked) {
        send_window(read, now_us, output);
    } else {
        measure_start(read, 0, now_us);
        send_oack(read, now_us, output);
    }
}

static void step_oack_ack(struct tftp_read *read, int64_t now_us, struct output *output)
{
    measure_heard(read, 0, now_us);
    read->is_oack_acked = true;
    read->has_heard = true;
    read->tries = 0;
    read->progress_us = now_us;
    send_window(read, now_us, output);
}

// The window moved on while blocks sent twice are on their way: what is new in it follows them. The rest of a
// window that goes out in parts keeps its turn.
static void send_more(struct tftp_read *read, int64_t now_us, struct output *output)
{
    if (read->rest_first == 0) {
        send_from(read, read->sent + 1, now_us, output);
    } else if (read->rest_first <= read->acked) {
        read->rest_first = read->acked + 1;
    }
}

// After the timer ran out the client says that it has the first blocks of the window and lacks some: the tail
// was too much for it, or for a switch on the way. When that happens again soon it will happen always.
static void notice_tail(struct tftp_read *read, uint64_t block)
{
    bool is_lost = read->is_tail_doubtful && block + 1 < read->recover && read->window > BURST_LEAST;
    read->is_tail_doubtful = false;
    if (!is_lost) {
        return;
    }
    read->wholes = 0;
    read->tails = (uint8_t)(read->tails + TAIL_WEIGHT);
    if (read->tails > TAIL_WEIGHT) {
        read->tails = 0;
        size_t burst = read->burst == 0 ? size_min(BURST_FIRST, read->window / 2u) : read->burst / 2u;
        read->burst = (uint16_t)size_max(burst, BURST_LEAST);
    }
}

static void notice_whole(struct tftp_read *read)
{
    read->tails = (uint8_t)(read->tails - (read->tails > 0 ? 1 : 0));
    if (read->burst == 0 || ++read->wholes < WHOLES_MOST) {
        return;
    }
    read->wholes = 0;
    read->burst = (uint16_t)(read->burst * 2);
    read->burst = read->burst < read->window ? read->burst : 0;
}

// The client has everything up to `block`, which is new. In the middle of a window that means it missed the
// next one and waits for a fresh window from there (RFC 7440 section 4), unless blocks sent twice made it
// speak: then what it waits for is on its way, and it only lacks the rest of its window.
static void step_progress(struct tftp_read *read, uint64_t block, int64_t now_us, struct output *output)
{
    measure_heard(read, block, now_us);
    notice_tail(read, block);
    if (block == read->sent && !is_recovering(read, block)) {
        notice_whole(read);
    }
    read->acked = block;
    read->tries = 0;
    read->progress_us = now_us;
    if (block == read->block_count) {
        finish(read, TFTP_OUTCOME_DONE, output);
    } else if (is_recovering(read, block)) {
        send_more(read, now_us, output);
    } else {
        send_window(read, now_us, output);
    }
}

// Whether this duplicate came before anything sent since the first could have been answered: then the network
// doubled the ACK. The answer to the second block of a window comes after a window's part of the round trip
// that is measured on its last block.
static bool is_too_soon(const struct tftp_read *read, int64_t now_us)
{
    int64_t parts = read->window > CLOSE_PARTS ? read->window : CLOSE_PARTS;
    return now_us - read->progress_us < read->srtt_us / parts;
}

// The client says again where it stands: it missed the first block of the window. One rewind answers all that
// say so, until the client is beyond what was sent twice (as in TCP NewReno, RFC 6582). In lock-step a
// duplicate ACK must never be answered: that doubles every block from there on (RFC 1123 section 4.2.3.1).
// Except when we are silent to let the client speak: then that is what it says, and once is enough.
static void step_duplicate(struct tftp_read *read, int64_t now_us, struct output *output)
{
    if (read->tries >= PAUSE_TRIES) {
        read->tries = 1;
        send_window(read, now_us, output);
    } else if (read->window > 1 && !is_recovering(read, read->acked) && !is_too_soon(read, now_us)) {
        send_window(read, now_us, output);
    }
}

// msftwindow: each ACK may say how large the next window shall be.
static void change_window(struct tftp_read *read, uint8_t window)
{
    if (read->window_most != 0 && window != 0) {
        read->window = (uint16_t)size_min(window, read->window_most);
    }
}

static void step_ack(struct tftp_read *read, const struct tftp_event *event, struct output *output)
{
    if (!read->is_oack_acked) {
        if (event->block == 0) {
            change_window(read, event->window);
            step_oack_ack(read, event->now_us, output);
        }
        return;
    }
    // Sixteen bits are enough to tell which block near the window is meant; anything else is old or made up.
    uint64_t block = block_heard(read, event->block);
    if (block > read->sent) {
        return;
    }
    read->has_heard = true;
    change_window(read, event->window);
    if (block > read->acked) {
        step_progress(read, block, event->now_us, output);
    } else {
        step_duplicate(read, event->now_us, output);
    }
}

static void step_error(struct tftp_read *read, uint16_t code, struct output *output)
{
    bool is_probe = read->granted.count != 0 && read->acked == 0 &&
                    (code == TFTP_ERROR_NOT_DEFINED || code == TFTP_ERROR_OPTION_NEGOTIATION);
    finish(read, is_probe ? TFTP_OUTCOME_PROBED : TFTP_OUTCOME_ABORTED, output);
}

static void step_wake(struct tftp_read *read, int64_t now_us, struct output *output)
{
    if (now_us < read->wake_us) {
        return;
    }
    if (read->rest_first != 0) {
        send_rest(read, now_us, output);
        return;
    }
    // Many clients go on without their last ACK, or it was lost: the file is there all the same.
    bool is_last = read->is_oack_acked && read->sent == read->block_count && !read->must_know;
    bool is_late = read->tries >= TFTP_LAST_TRIES && now_us - read->progress_us >= TFTP_LAST_US;
    if (is_last && read->has_heard && is_late) {
        finish(read, TFTP_OUTCOME_DONE, output);
        return;
    }
    // Who never answered may be a stranger in whose name somebody else asked. A real client asks again.
    unsigned tries_most = read->is_oack_acked ? TFTP_FIRST_TRIES : TFTP_OACK_TRIES;
    bool is_unheard = !read->has_heard && read->tries >= tries_most;
    if (is_unheard || now_us - read->progress_us >= TFTP_PATIENCE_US) {
        finish(read, TFTP_OUTCOME_TIMEOUT, output);
        return;
    }
    read->tries++;
    measure_doubt(read);
    if (read->is_oack_acked) {
        read->is_tail_doubtful = true;
        send_window(read, now_us, output);
    } else {
        send_oack(read, now_us, output);
    }
}

unsigned tftp_read_step(struct tftp_read *read, const struct tftp_event *event,
                        struct tftp_action actions[TFTP_ACTIONS_MOST])
{
    assert(!read->is_finished);
    struct output output = {.actions = actions};
    switch (event->kind) {
    case TFTP_EVENT_START:
        step_start(read, event->now_us, &output);
        break;
    case TFTP_EVENT_ACK:
        step_ack(read, event, &output);
        break;
    case TFTP_EVENT_ERROR:
        step_error(read, event->code, &output);
        break;
    case TFTP_EVENT_WAKE:
        step_wake(read, event->now_us, &output);
        break;
    }
    if (!read->is_finished) {
        put_action(&output, (struct tftp_action){.kind = TFTP_ACTION_WAKE_AT, .at_us = read->wake_us});
    }
    return output.count;
}

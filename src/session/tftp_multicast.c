// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/tftp_multicast.h"

#define RTO_FIRST_US  200000  // before the first round trip was measured
#define RTO_MOST_US   1000000 // what every timeout that a client may ask for allows
#define RTO_SLACK_US  10000   // for what the measured round trips do not show
#define SHIFT_MOST    7       // doublings beyond RTO_MOST_US anyway
#define ASKS_MOST     5       // of one who never answers, while others wait: 3.4 seconds
#define ASKS_ALONE    6       // when nobody else waits
#define ASKS_HEARD    30      // of one who answered before: U-Boot repeats itself every 5 seconds
#define REPEAT_US     250000  // a listener's OACK is said again after this long, ...
#define REPEATS_MOST  3       // ... and twice more: if it was lost, it does not know the group
#define HUSH_US       100000  // who is told not to acknowledge is not told again for so long; doubling
#define HUSH_SHIFT    6
#define SILENCE_US    2000000 // while others wait, a master may be silent for so long ...
#define SILENCE_TRIES 4       // ... if it was sent the block so often
#define SILENCES_MOST 3       // then it is given up
#define SLICE_US      2000000 // how fast a master is, is looked at so often while others wait
#define SLICE_FEW     200     // blocks: who gets fewer may be slow, so another one is tried
#define SLOW_SHARE    4       // slower than the fastest by this factor: another one goes first
#define RESTARTS_MOST 3
#define RESTART_US    1000000  // a master that got on since then did not begin from the start
#define PROBE_US      5000000  // who only wanted to know the size leaves sooner
#define LAST_TRIES    5        // of the last block, when only its ACK may be missing ...
#define LAST_ALONE_US 5000000  // ... and this long, when nobody else waits
#define PATIENCE_US   60000000 // with a master when nobody else waits

// Writing actions.

struct output {
    struct tftp_multicast_group *group;
    int64_t now_us;
    struct tftp_multicast_action *actions;
    unsigned count;
};

static void put_action(struct output *output, struct tftp_multicast_action action)
{
    assert(output->count < TFTP_MULTICAST_ACTIONS_MOST);
    output->actions[output->count++] = action;
}

static struct tftp_multicast_member *member_at(const struct output *output, unsigned number)
{
    return &output->group->members[number];
}

// Who was never heard may have missed the first one, and with it all that was granted. The others are told
// what changed and nothing more, as RFC 2090 has it.
static void put_oack(struct output *output, unsigned number, bool is_master)
{
    put_action(output, (struct tftp_multicast_action){.kind = TFTP_MULTICAST_SEND_OACK,
                                                      .member = (uint16_t)number,
                                                      .is_master = is_master,
                                                      .is_whole = !member_at(output, number)->has_heard});
}

static bool is_led(const struct tftp_multicast_group *group)
{
    return group->master != TFTP_MULTICAST_NOBODY;
}

static struct tftp_multicast_member *master_of(struct output *output)
{
    assert(is_led(output->group));
    return member_at(output, output->group->master);
}

static void put_ended(struct output *output, unsigned number, enum tftp_outcome outcome)
{
    struct tftp_multicast_group *group = output->group;
    if (group->master == number) {
        group->master = TFTP_MULTICAST_NOBODY;
    }
    member_at(output, number)->role = TFTP_MULTICAST_ABSENT;
    group->member_count--;
    put_action(output, (struct tftp_multicast_action){
                           .kind = TFTP_MULTICAST_ENDED, .member = (uint16_t)number, .outcome = outcome});
}

// Whether all that may be missing is its ACK of the last block.
static bool is_at_end(const struct tftp_multicast_group *group, const struct tftp_multicast_member *member)
{
    return member->has_led && member->acked + 1 == group->block_count;
}

static enum tftp_outcome outcome_of_silence(const struct tftp_multicast_group *group,
                                            const struct tftp_multicast_member *member)
{
    return is_at_end(group, member) ? TFTP_OUTCOME_DONE : TFTP_OUTCOME_TIMEOUT;
}

// The block's timer (RFC 6298): adaptive to the master, doubled with each timeout.

static int64_t timeout_us(const struct tftp_multicast_group *group)
{
    int64_t us = RTO_FIRST_US;
    if (group->srtt_us != 0) {
        us = group->srtt_us + 4 * group->rttvar_us + RTO_SLACK_US;
    }
    us = us < RTO_MOST_US ? us << group->shift : RTO_MOST_US;
    return us < RTO_MOST_US ? us : RTO_MOST_US;
}

static void measure(struct tftp_multicast_group *group, int64_t now_us)
{
    if (!group->is_measuring) {
        return; // sent twice: which of them was acknowledged? The longer timer stays (Karn)
    }
    int64_t round_us = now_us - group->sent_at_us;
    int64_t error_us = round_us - group->srtt_us;
    round_us = round_us > 0 ? round_us : 1;
    if (group->srtt_us == 0) {
        group->srtt_us = round_us;
        group->rttvar_us = round_us / 2;
    } else {
        group->rttvar_us += ((error_us < 0 ? -error_us : error_us) - group->rttvar_us) / 4;
        group->srtt_us += error_us / 8;
        group->srtt_us = group->srtt_us > 0 ? group->srtt_us : 1;
    }
    group->shift = 0;
}

static void send_block(struct output *output)
{
    struct tftp_multicast_group *group = output->group;
    group->is_measuring = group->tries == 0;
    group->sent_at_us = output->now_us;
    group->block_us = output->now_us + timeout_us(group);
    put_action(output, (struct tftp_multicast_action){.kind = TFTP_MULTICAST_SEND_BLOCK,
                                                      .block = master_of(output)->acked + 1});
}

// Finding a master.

static unsigned count_asked(const struct tftp_multicast_group *group)
{
    unsigned count = 0;
    for (unsigned i = 0; i < group->members_top; i++) {
        count += group->members[i].role == TFTP_MULTICAST_ASKED;
    }
    return count;
}

// Who answers, before who did not when asked; who is fast, before who was slow; and then who waits longest.
static bool is_better(const struct tftp_multicast_member *a, const struct tftp_multicast_member *b)
{
    unsigned a_faults = a->unanswered + a->silences;
    unsigned b_faults = b->unanswered + b->silences;
    if (a_faults != b_faults) {
        return a_faults < b_faults;
    }
    return a->slowness != b->slowness ? a->slowness < b->slowness : a->turn < b->turn;
}

static unsigned find_candidate(const struct tftp_multicast_group *group)
{
    unsigned best = TFTP_MULTICAST_NOBODY;
    for (unsigned i = 0; i < group->members_top; i++) {
        const struct tftp_multicast_member *member = &group->members[i];
        if (member->role == TFTP_MULTICAST_LISTENER &&
            (best == TFTP_MULTICAST_NOBODY || is_better(member, &group->members[best]))) {
            best = i;
        }
    }
    return best;
}

static void say_asked(struct output *output, unsigned number)
{
    struct tftp_multicast_member *member = member_at(output, number);
    int64_t wait_us = (int64_t)RTO_FIRST_US << size_min(member->unanswered, SHIFT_MOST);
    member->wake_us = output->now_us + (wait_us < RTO_MOST_US ? wait_us : RTO_MOST_US);
    member->unanswered++;
    put_oack(output, number, true);
}

static void ask(struct output *output, unsigned number)
{
    struct tftp_multicast_member *member = member_at(output, number);
    member->role = TFTP_MULTICAST_ASKED;
    member->hushes = 0;
    member->hush_us = 0;
    say_asked(output, number);
}

// Asks up to `most` more. Several at once, since a few that are gone (or never were there: anybody can ask in
// the name of another) must not hold up the rest one by one.
static void ask_more(struct output *output, unsigned most)
{
    for (unsigned i = 0; i < most; i++) {
        unsigned number = find_candidate(output->group);
        if (number == TFTP_MULTICAST_NOBODY) {
            return;
        }
        ask(output, number);
    }
}

static void listen(struct output *output, unsigned number)
{
    struct tftp_multicast_member *member = member_at(output, number);
    member->role = TFTP_MULTICAST_LISTENER;
    member->wake_us = INT64_MAX;
}

static void look_for_master(struct output *output)
{
    struct tftp_multicast_group *group = output->group;
    if (!is_led(group) && group->member_count != 0 && count_asked(group) == 0) {
        ask_more(output, 1);
    }
}

// The master is one of the others from now on, and is told so before anybody else is asked.
static void hand_over(struct output *output)
{
    struct tftp_multicast_group *group = output->group;
    unsigned number = group->master;
    group->master = TFTP_MULTICAST_NOBODY;
    listen(output, number);
    member_at(output, number)->turn = group->turn++;
    put_oack(output, number, false);
    look_for_master(output);
}

static void start_slice(struct output *output)
{
    output->group->slice_us = output->now_us;
    output->group->slice_blocks = 0;
}

static void become_master(struct output *output, unsigned number)
{
    struct tftp_multicast_group *group = output->group;
    struct tftp_multicast_member *member = member_at(output, number);
    for (unsigned i = 0; i < group->members_top; i++) {
        if (group->members[i].role == TFTP_MULTICAST_ASKED) {
            listen(output, i);
        }
    }
    member->role = TFTP_MULTICAST_MASTER;
    member->has_led = true;
    member->progress_us = output->now_us;
    member->wake_us = INT64_MAX;
    group->master = (uint16_t)number;
    group->srtt_us = 0;
    group->rttvar_us = 0;
    group->tries = 0;
    group->shift = 0;
    start_slice(output);
    send_block(output);
}

// How fast a master is matters only while others wait.

struct field { // of listeners
    uint32_t best_rate;
    bool has_untried;
};

static struct field look_at_field(const struct tftp_multicast_group *group)
{
    struct field field = {0};
    for (unsigned i = 0; i < group->members_top; i++) {
        const struct tftp_multicast_member *member = &group->members[i];
        if (member->role == TFTP_MULTICAST_LISTENER) {
            field.best_rate = member->rate > field.best_rate ? member->rate : field.best_rate;
            field.has_untried |= member->rate == 0 && member->unanswered == 0 && member->silences == 0;
        }
    }
    return field;
}

// A master that is much slower than another one was, or slow while nobody knows how fast the others are, lets
// them go first. It goes on listening, and is master again when they are done.
static bool has_handed_over_as_slow(struct output *output)
{
    struct tftp_multicast_group *group = output->group;
    if (group->member_count < 2 || output->now_us - group->slice_us < SLICE_US) {
        return false;
    }
    struct tftp_multicast_member *master = master_of(output);
    struct field field = look_at_field(group);
    int64_t slices = (output->now_us - group->slice_us) / SLICE_US;
    master->rate = (uint32_t)((int64_t)group->slice_blocks / slices) + 1;
    bool is_slower = master->rate < field.best_rate / SLOW_SHARE;
    if (!is_slower && !(master->rate < SLICE_FEW && field.has_untried)) {
        start_slice(output);
        return false;
    }
    if (is_slower && master->slowness < UINT8_MAX) {
        master->slowness++;
    }
    if (group->slice_blocks == 0 && ++master->silences > SILENCES_MOST) { // it answers, but never gets on
        put_ended(output, group->master, outcome_of_silence(group, master));
        look_for_master(output);
        return true;
    }
    hand_over(output);
    return true;
}

// Events.

static void count_in(struct output *output, unsigned number)
{
    struct tftp_multicast_group *group = output->group;
    group->members_top = number >= group->members_top ? number + 1 : group->members_top;
    group->member_count++;
    group->members[number] = (struct tftp_multicast_member){
        .turn = group->turn++, .wake_us = INT64_MAX, .progress_us = output->now_us};
}

static void step_join(struct output *output, unsigned number)
{
    assert(number < TFTP_MULTICAST_MEMBERS_MOST && member_at(output, number)->role == TFTP_MULTICAST_ABSENT);
    count_in(output, number);
    if (!is_led(output->group) && count_asked(output->group) == 0) {
        ask(output, number);
        return;
    }
    listen(output, number);
    member_at(output, number)->wake_us = output->now_us + REPEAT_US;
    put_oack(output, number, false);
}

// Switched off and on again, some machines ask from the same port; all they had is lost.
static bool has_restarted(struct output *output, unsigned number)
{
    struct tftp_multicast_member *member = member_at(output, number);
    bool is_busy = member->role == TFTP_MULTICAST_MASTER && output->now_us - member->progress_us < RESTART_US;
    if (is_busy || member->restarts == RESTARTS_MOST) {
        return false;
    }
    member->restarts++;
    member->acked = 0;
    member->has_heard = false;
    if (member->role == TFTP_MULTICAST_MASTER) {
        output->group->master = TFTP_MULTICAST_NOBODY;
        listen(output, number);
        look_for_master(output);
    }
    return true;
}

// It asks again: the answer was lost.
static void step_repeat(struct output *output, unsigned number)
{
    struct tftp_multicast_member *member = member_at(output, number);
    if (output->now_us < member->hush_us || (member->acked != 0 && !has_restarted(output, number)) ||
        member->role == TFTP_MULTICAST_MASTER) {
        return;
    }
    member->has_heard = false; // whatever it has, it does not know the group
    member->hush_us = output->now_us + HUSH_US;
    put_oack(output, number, member->role == TFTP_MULTICAST_ASKED);
}

// It acknowledges and should not. EDK2 does it once for each OACK, one that was master until it hears that it
// is not: so the answer must come, but never again and again.
static void hush(struct output *output, unsigned number)
{
    struct tftp_multicast_member *member = member_at(output, number);
    if (output->now_us < member->hush_us) {
        return;
    }
    member->hush_us = output->now_us + ((int64_t)HUSH_US << member->hushes);
    member->hushes = (uint8_t)size_min(member->hushes + 1u, HUSH_SHIFT);
    put_oack(output, number, false);
}

static void step_progress(struct output *output, uint32_t block)
{
    struct tftp_multicast_group *group = output->group;
    struct tftp_multicast_member *master = master_of(output);
    measure(group, output->now_us);
    master->acked = block;
    master->silences = 0;
    master->progress_us = output->now_us;
    group->tries = 0;
    group->slice_blocks++;
    if (!has_handed_over_as_slow(output)) {
        send_block(output);
    }
}

static void step_ack(struct output *output, unsigned number, uint32_t block)
{
    struct tftp_multicast_group *group = output->group;
    struct tftp_multicast_member *member = member_at(output, number);
    // What somebody once had it has: so nobody makes us send more than the file for it.
    if (block > group->block_count || block < member->acked) {
        return;
    }
    member->has_heard = true;
    member->unanswered = 0;
    if (block == group->block_count) {
        member->acked = block;
        put_ended(output, number, TFTP_OUTCOME_DONE);
        look_for_master(output);
    } else if (member->role == TFTP_MULTICAST_ASKED) {
        member->acked = block;
        become_master(output, number);
    } else if (member->role == TFTP_MULTICAST_LISTENER) {
        hush(output, number);
    } else if (block > member->acked) { // the same again is never answered: RFC 1123 section 4.2.3.1
        step_progress(output, block);
    }
}

static void step_error(struct output *output, unsigned number, uint16_t code)
{
    const struct tftp_multicast_member *member = member_at(output, number);
    bool is_young = !member->has_led && output->now_us - member->progress_us < PROBE_US;
    bool is_probe = is_young && (code == TFTP_ERROR_NOT_DEFINED || code == TFTP_ERROR_OPTION_NEGOTIATION);
    put_ended(output, number, is_probe ? TFTP_OUTCOME_PROBED : TFTP_OUTCOME_ABORTED);
    look_for_master(output);
}

static void step_gone(struct output *output, unsigned number)
{
    bool is_done = is_at_end(output->group, member_at(output, number));
    put_ended(output, number, is_done ? TFTP_OUTCOME_DONE : TFTP_OUTCOME_ABORTED);
    look_for_master(output);
}

// Time.

static void repeat_to_listeners(struct output *output)
{
    struct tftp_multicast_group *group = output->group;
    unsigned count = 0;
    for (unsigned i = 0; i < group->members_top && count < TFTP_MULTICAST_REPEATS_MOST; i++) {
        struct tftp_multicast_member *member = &group->members[i];
        if (member->role != TFTP_MULTICAST_LISTENER || output->now_us < member->wake_us) {
            continue;
        }
        member->repeats++;
        bool is_enough = member->has_heard || member->repeats > REPEATS_MOST;
        member->wake_us =
            is_enough ? INT64_MAX : output->now_us + ((int64_t)REPEAT_US << 2 * member->repeats);
        if (!is_enough) {
            put_oack(output, i, false);
            count++;
        }
    }
}

static unsigned asks_most(const struct tftp_multicast_group *group,
                          const struct tftp_multicast_member *member)
{
    if (member->has_heard && !is_at_end(group, member)) {
        return ASKS_HEARD;
    }
    return group->member_count == 1 ? ASKS_ALONE : ASKS_MOST;
}

static void wake_asked(struct output *output)
{
    struct tftp_multicast_group *group = output->group;
    unsigned asked = count_asked(group);
    bool is_late = false;
    for (unsigned i = 0; i < group->members_top; i++) {
        struct tftp_multicast_member *member = &group->members[i];
        if (member->role != TFTP_MULTICAST_ASKED || output->now_us < member->wake_us) {
            continue;
        }
        is_late = true;
        if (member->unanswered >= asks_most(group, member)) {
            put_ended(output, i, outcome_of_silence(group, member));
        } else {
            say_asked(output, i);
        }
    }
    if (is_late) { // twice as many as before
        size_t room = TFTP_MULTICAST_ASKED_MOST - count_asked(group);
        ask_more(output, (unsigned)size_min(asked, room));
    }
    look_for_master(output);
}

static bool is_given_up(const struct output *output, const struct tftp_multicast_member *master)
{
    const struct tftp_multicast_group *group = output->group;
    int64_t silent_us = output->now_us - master->progress_us;
    if (is_at_end(group, master) && group->tries >= LAST_TRIES && silent_us >= LAST_ALONE_US) {
        return true;
    }
    return group->member_count == 1 ? silent_us >= PATIENCE_US : master->silences >= SILENCES_MOST;
}

static void wake_master(struct output *output)
{
    struct tftp_multicast_group *group = output->group;
    struct tftp_multicast_member *master = master_of(output);
    bool is_silent = output->now_us - master->progress_us >= SILENCE_US && group->tries >= SILENCE_TRIES;
    if (is_silent && group->member_count > 1) {
        master->silences++;
    }
    if (is_given_up(output, master)) {
        put_ended(output, group->master, outcome_of_silence(group, master));
        look_for_master(output);
    } else if (is_silent && group->member_count > 1) {
        hand_over(output);
    } else if (!has_handed_over_as_slow(output)) {
        group->tries++;
        group->shift = (unsigned)size_min(group->shift + 1u, SHIFT_MOST);
        master->resent++;
        send_block(output);
    }
}

static void step_wake(struct output *output)
{
    struct tftp_multicast_group *group = output->group;
    repeat_to_listeners(output);
    if (!is_led(group)) {
        wake_asked(output);
    } else if (output->now_us >= group->block_us) {
        wake_master(output);
    }
}

// Members' timers are looked through only when one of them may have changed: not with each block.
static void find_members_us(struct tftp_multicast_group *group)
{
    group->members_us = INT64_MAX;
    for (unsigned i = 0; i < group->members_top; i++) {
        const struct tftp_multicast_member *member = &group->members[i];
        if (member->role != TFTP_MULTICAST_ABSENT && member->wake_us < group->members_us) {
            group->members_us = member->wake_us;
        }
    }
}

static bool is_plain_progress(const struct output *output)
{
    return output->count == 1 && output->actions[0].kind == TFTP_MULTICAST_SEND_BLOCK;
}

void tftp_multicast_init(struct tftp_multicast_group *group, uint32_t block_count)
{
    assert(block_count >= 1 && block_count <= TFTP_MULTICAST_BLOCKS_MOST);
    *group = (struct tftp_multicast_group){
        .block_count = block_count, .master = TFTP_MULTICAST_NOBODY, .members_us = INT64_MAX};
}

uint16_t tftp_multicast_find_place(const struct tftp_multicast_group *group)
{
    for (unsigned i = 0; i < TFTP_MULTICAST_MEMBERS_MOST; i++) {
        if (group->members[i].role == TFTP_MULTICAST_ABSENT) {
            return (uint16_t)i;
        }
    }
    return TFTP_MULTICAST_NOBODY;
}

static void step_event(struct output *output, const struct tftp_multicast_event *event)
{
    if (event->kind == TFTP_MULTICAST_WAKE) {
        step_wake(output);
        return;
    }
    if (event->kind == TFTP_MULTICAST_JOIN) {
        step_join(output, event->member);
        return;
    }
    if (event->member >= output->group->members_top ||
        member_at(output, event->member)->role == TFTP_MULTICAST_ABSENT) {
        return;
    }
    if (event->kind == TFTP_MULTICAST_ACK) {
        step_ack(output, event->member, event->block);
    } else if (event->kind == TFTP_MULTICAST_ERROR) {
        step_error(output, event->member, event->code);
    } else if (event->kind == TFTP_MULTICAST_GONE) {
        step_gone(output, event->member);
    } else {
        step_repeat(output, event->member);
    }
}

unsigned tftp_multicast_step(struct tftp_multicast_group *group, const struct tftp_multicast_event *event,
                             struct tftp_multicast_action actions[TFTP_MULTICAST_ACTIONS_MOST])
{
    struct output output = {.group = group, .now_us = event->now_us, .actions = actions};
    step_event(&output, event);
    if (group->member_count == 0) {
        put_action(&output, (struct tftp_multicast_action){.kind = TFTP_MULTICAST_FINISHED});
        return output.count;
    }
    if (event->kind == TFTP_MULTICAST_WAKE || (output.count != 0 && !is_plain_progress(&output))) {
        find_members_us(group);
    }
    int64_t at_us =
        is_led(group) && group->block_us < group->members_us ? group->block_us : group->members_us;
    put_action(&output, (struct tftp_multicast_action){.kind = TFTP_MULTICAST_WAKE_AT, .at_us = at_us});
    return output.count;
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/policy.h"

#include "base/text.h"

static const char *const UNKNOWN[POLICY_UNKNOWN_COUNT] = {
    [POLICY_UNKNOWN_HOLD] = "hold", [POLICY_UNKNOWN_LOCAL] = "local", [POLICY_UNKNOWN_REFUSE] = "refuse"};

static const char *const PROMPTS[POLICY_PROMPT_COUNT] = {
    [POLICY_PROMPT_NONE] = "none", [POLICY_PROMPT_KEY] = "key"};

static const char *const CHOICES[POLICY_CHOICE_COUNT] = {[POLICY_CHOICE_DEFAULT] = "default",
                                                         [POLICY_CHOICE_HOLD] = "hold",
                                                         [POLICY_CHOICE_LOCAL] = "local",
                                                         [POLICY_CHOICE_REFUSE] = "refuse"};

const char *policy_unknown_text(enum policy_unknown unknown)
{
    assert(unknown < POLICY_UNKNOWN_COUNT);
    return UNKNOWN[unknown];
}

enum status policy_unknown_parse(const char *text, enum policy_unknown *unknown)
{
    size_t found = text_find(text, UNKNOWN, COUNT_OF(UNKNOWN));
    if (found == COUNT_OF(UNKNOWN)) {
        return STATUS_NOT_FOUND;
    }
    *unknown = (enum policy_unknown)found;
    return STATUS_OK;
}

const char *policy_choice_text(enum policy_choice choice)
{
    assert(choice < POLICY_CHOICE_COUNT);
    return CHOICES[choice];
}

enum status policy_choice_parse(const char *text, enum policy_choice *choice)
{
    size_t found = text_find(text, CHOICES, COUNT_OF(CHOICES));
    if (found == COUNT_OF(CHOICES)) {
        return STATUS_NOT_FOUND;
    }
    *choice = (enum policy_choice)found;
    return STATUS_OK;
}

enum policy_unknown policy_choose(enum policy_choice choice, enum policy_unknown general)
{
    switch (choice) {
    case POLICY_CHOICE_HOLD:
        return POLICY_UNKNOWN_HOLD;
    case POLICY_CHOICE_LOCAL:
        return POLICY_UNKNOWN_LOCAL;
    case POLICY_CHOICE_REFUSE:
        return POLICY_UNKNOWN_REFUSE;
    case POLICY_CHOICE_DEFAULT:
    case POLICY_CHOICE_COUNT:
    default:
        return general;
    }
}

const char *policy_prompt_text(enum policy_prompt prompt)
{
    assert(prompt < POLICY_PROMPT_COUNT);
    return PROMPTS[prompt];
}

enum status policy_prompt_parse(const char *text, enum policy_prompt *prompt)
{
    size_t found = text_find(text, PROMPTS, COUNT_OF(PROMPTS));
    if (found == COUNT_OF(PROMPTS)) {
        return STATUS_NOT_FOUND;
    }
    *prompt = (enum policy_prompt)found;
    return STATUS_OK;
}

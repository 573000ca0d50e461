// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "doctor/rule.h"

static bool is_not_found(const struct story_transfer *transfer)
{
    return transfer->state == STORY_REFUSED &&
           (transfer->protocol == STORY_TFTP ? transfer->error == TFTP_ERROR_FILE_NOT_FOUND
                                             : transfer->error == 404 || transfer->error == 410);
}

static bool has_rule_of_its_own(const struct rule_view *view, const struct story_transfer *transfer)
{
    struct finding other;
    enum role role = role_of(transfer->name);
    if (role == ROLE_CONFIG && rule_config_absent(view, &other)) {
        return true;
    }
    return role_is_optional(transfer->name) || role == ROLE_ROOT || role == ROLE_ANSWER ||
           role == ROLE_PACKAGES || transfer->is_name_odd;
}

// Whether the client got on afterwards: the same file from elsewhere, or something else.
static bool went_on(const struct story *story, const struct story_transfer *missing)
{
    for (uint32_t i = 0; i < story->transfer_count; i++) {
        const struct story_transfer *transfer = &story->transfers[i];
        bool is_logged = !story->knows_silence && transfer->state == STORY_ASKED; // whose end no log tells
        if (transfer > missing && (transfer->state == STORY_DONE || is_logged)) {
            return true;
        }
    }
    return false;
}

// How startrom of Windows 2000 to 2003 looks on the wire, whatever it is called: the file before was chained
// by PXELINUX, and this request comes from the card's own TFTP with other options and ports.
static void explain_windows(const struct story *story, const struct story_transfer *missing,
                            struct finding *finding)
{
    const struct story_transfer *before = story_last_done(story, missing);
    char bytes[32];
    if (before == NULL || before->name[0] == '\0') {
        finding_explain(
            finding, "startrom, the first loader of a Windows setup, asks for NTLDR or, when its bytes were "
                     "edited, for another name of five letters.");
        return;
    }
    char small[SIGHT_NAME_BYTES];
    (void)text_copy(small, sizeof small, role_base(missing->name));
    for (char *at = small; *at != '\0'; at++) {
        *at = text_lower(*at);
    }
    bool is_chained = before->asked_blksize != 0 && missing->asked_blksize != before->asked_blksize;
    finding_explain(
        finding,
        "%.40s arrived whole (%s bytes)%s. It is startrom of a Windows setup: through the card's own TFTP it "
        "asks for NTLDR, and here for %.24s, so its bytes were edited. Windows does not mind the case "
        "of letters, this server does.",
        before->name, finding_print_bytes(before->bytes, bytes),
        is_chained ? " from PXELINUX, whose block size it has" : "", missing->name);
    finding_advise(
        finding,
        "put setupldr.exe of the same Windows there under the name %.24s; look whether it lies there as "
        "%.24s, "
        "setupldr.exe or ntldr; or publish the setup with a server that resolves names as Windows does",
        missing->name, small);
}

// A file that the boot needs is not there.
bool rule_file_not_found(const struct rule_view *view, struct finding *finding)
{
    const struct story *story = view->story;
    for (uint32_t i = story->transfer_count; i > 0; i--) {
        const struct story_transfer *missing = &story->transfers[i - 1];
        if (!is_not_found(missing) || has_rule_of_its_own(view, missing) || went_on(story, missing)) {
            continue;
        }
        enum role role = role_of(missing->name);
        char server[SIGHT_IP_BYTES];
        finding_begin(finding, REASON_FILE_NOT_FOUND, story,
                      missing->is_by_length ? FINDING_SURE - 5 : FINDING_SURE, missing->began_us);
        finding->severity = REASON_ERROR;
        finding_say(finding, "asked %s for %.64s%s%s, and there is no such file.",
                    sight_print_ip(missing->server, server), missing->name, role == ROLE_UNKNOWN ? "" : ", ",
                    role == ROLE_UNKNOWN ? "" : role_text(role));
        if (missing->is_by_length) {
            finding_show(finding, missing->ended_us,
                         "the answer has 19 bytes: TFTP error 1 \"File not found\" has that length%s",
                         missing->asked_blksize != 0 ? ", an agreement to its options has not" : "");
        } else {
            rule_show_transfer(finding, missing);
        }
        finding_advise(finding,
                       "put %.64s where that server looks for it, letter by letter as it is asked for",
                       missing->name);
        if (role == ROLE_WINDOWS) {
            explain_windows(story, missing, finding);
        }
        const struct story_transfer *before = story_last_done(story, missing);
        if (before != NULL) {
            rule_show_transfer(finding, before);
        }
        return true;
    }
    return false;
}

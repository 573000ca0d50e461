// SPDX-License-Identifier: GPL-3.0-or-later
// What the rows of the table of commands call: one function a command, in the file of its noun. Each gets a
// line that fits its row, prints its result on standard output and what is wrong on standard error, and
// returns an enum cli_exit.
#pragma once

#include "cli/call.h"

/// serve: hands over to the daemon.
int command_serve(struct call *call);
/// status.
int command_status(struct call *call);
/// watch [MACHINE].
int command_watch(struct call *call);
/// events [MACHINE].
int command_events(struct call *call);

/// machine list.
int command_machine_list(struct call *call);
/// machine show MACHINE.
int command_machine_show(struct call *call);
/// machine add NAME.
int command_machine_add(struct call *call);
/// machine boots MACHINE.
int command_machine_boots(struct call *call);
/// check FILE...
int command_check(struct call *call);
/// report MACHINE.
int command_report(struct call *call);
/// explain MACHINE.
int command_explain_machine(struct call *call);
/// machine answers MACHINE.
int command_machine_answers(struct call *call);
/// machine approve MACHINE...
int command_machine_approve(struct call *call);
/// machine reject MACHINE...
int command_machine_reject(struct call *call);
/// machine edit MACHINE.
int command_machine_edit(struct call *call);
/// machine remove MACHINE...
int command_machine_remove(struct call *call);

/// agent build.
int command_agent_build(struct call *call);
/// agent show.
int command_agent_show(struct call *call);

/// image build [BUILD].
int command_image_build(struct call *call);
/// image add FILE [NAME], or image add NAME DIR.
int command_image_add(struct call *call);
/// image fetch [NAME].
int command_image_fetch(struct call *call);
/// image list.
int command_image_list(struct call *call);
/// image show IMAGE.
int command_image_show(struct call *call);
int command_image_verify(struct call *call);
/// image remove IMAGE...
int command_image_remove(struct call *call);

/// profile add NAME.
int command_profile_add(struct call *call);
/// profile new NAME.
int command_profile_new(struct call *call);
/// profile values.
int command_profile_values(struct call *call);
/// profile lint PROFILE|FILE.
int command_profile_lint(struct call *call);
/// profile list.
int command_profile_list(struct call *call);
/// profile show PROFILE.
int command_profile_show(struct call *call);
/// profile edit PROFILE.
int command_profile_edit(struct call *call);
/// profile render PROFILE MACHINE.
int command_profile_render(struct call *call);
/// profile remove PROFILE...
int command_profile_remove(struct call *call);

/// deploy MACHINE...
int command_deploy(struct call *call);
/// order list.
int command_order_list(struct call *call);
/// order show ORDER.
int command_order_show(struct call *call);
/// order confirm ORDER.
int command_order_confirm(struct call *call);
/// order log ORDER.
int command_order_log(struct call *call);
/// order cancel ORDER...
int command_order_cancel(struct call *call);
/// lease list.
int command_lease_list(struct call *call);
/// lease release.
int command_lease_release(struct call *call);
/// lease import.
int command_lease_import(struct call *call);

/// tftp map FILE NAME.
int command_tftp_map(struct call *call);

/// menu preview.
int command_menu_preview(struct call *call);
/// mirror list.
int command_mirror_list(struct call *call);
/// mirror status [NAME].
int command_mirror_status(struct call *call);
/// mirror clear NAME [PATH].
int command_mirror_clear(struct call *call);

/// quirk list.
int command_quirk_list(struct call *call);
/// quirk forget FIRMWARE.
int command_quirk_forget(struct call *call);
/// certificate show.
int command_certificate_show(struct call *call);
/// certificate export FILE.
int command_certificate_export(struct call *call);

/// config check [FILE].
int command_config_check(struct call *call);
/// config show [FILE].
int command_config_show(struct call *call);
/// config manual: the list of keys for imprint.yaml(5).
int command_config_manual(struct call *call);
/// tftp get HOST FILE.
int command_tftp_get(struct call *call);
/// tftp put HOST FILE.
int command_tftp_put(struct call *call);
/// capture-packets MACHINE.
int command_capture_packets(struct call *call);
/// selftest.
int command_selftest(struct call *call);
/// migrate PATH...
int command_migrate(struct call *call);
/// explain [REASON].
int command_explain(struct call *call);

/// version.
int command_version(struct call *call);
/// help [COMMAND...].
int command_help(struct call *call);
/// help-manual: the list of commands for imprint(1).
int command_help_manual(struct call *call);

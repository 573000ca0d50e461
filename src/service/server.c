// SPDX-License-Identifier: GPL-3.0-or-later
#include "service/server.h"

#include "content/folder.h"
#include "content/media.h"
#include "content/opener.h"
#include "content/packaged.h"
#include "io/heap.h"
#include "io/notify.h"
#include "io/privilege.h"
#include "service/agents.h"
#include "service/answers_kept.h"
#include "service/boots.h"
#include "service/control.h"
#include "service/generated.h"
#include "service/menus.h"
#include "service/recognise.h"
#include "service/server_absorb.h"
#include "service/server_address.h"
#include "service/server_catalog.h"
#include "service/server_folders.h"
#include "service/server_ftp.h"
#include "service/server_https.h"
#include "service/server_loaders.h"
#include "service/server_mirror.h"
#include "service/server_notes.h"
#include "service/server_ports.h"
#include "service/server_render.h"
#include "service/server_status.h"
#include "service/server_tftp.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SERVER_TICK_MS    5000
#define SERVER_FILES_MOST 65536

struct server {
    struct server_options options;
    struct config config;
    struct log *log;
    struct loop *loop;
    struct store *store;
    struct catalog *catalog;
    struct snippets *snippets;
    struct desk desk;
    struct generated generated;
    struct agents *agents;
    struct media *images;
    struct folder *root;
    struct mirror_service *mirrors;
    struct menus *menus;
    struct content content;
    struct dhcp_service *dhcp;
    struct tftp_names *names;
    struct tftp_service *tftp;
    struct http_service *http;
    struct certificate certificate; // on its way from its files to `http`
    struct server_ports ports;
    struct control *control;
    int listener; // of the control socket until control_open takes it; -1 = none
    struct loop_timer *tick;
    struct server_absorb absorb;
    struct loop_signal *signals[3];
    struct interface_watch *watch;
    struct server_notes notes;
    struct server_tftp tftp_side;
    bool has_news; // events since the last turn's end
    struct server_loaders loaders;
};

// ---- what the services ask and tell ----

static int64_t server_now_ms(void *context)
{
    (void)context;
    return loop_unix_ms();
}

static void server_told(void *context, const struct event *event)
{
    struct server *server = context;
    server->has_news = true;
    server_log_event(server->store, server->log, event);
}

static uint32_t server_find_loaders(void *context)
{
    struct server *server = context;
    return server_loaders_find(&server->loaders);
}

static void server_booted(void *context, struct ip address)
{
    struct server *server = context;
    if (server->names != NULL) {
        tftp_names_forget(server->names, address);
    }
}

static void server_transfer_ended(void *context, const struct transfer_end *end)
{
    struct server *server = context;
    boots_see_transfer(server->desk.boots, end);
    server_note_transfer(&server->notes, end);
    if (end->outcome != TRANSFER_PROBED && end->outcome != TRANSFER_NOT_FOUND) {
        dhcp_service_note_fetch(server->dhcp, end->client, transfer_is_whole(end));
    }
}

static void server_transfer_stalled(void *context, const struct transfer_end *end)
{
    struct server *server = context;
    boots_see_stall(server->desk.boots, end);
}

static void server_post(void *context, struct http_post *post)
{
    struct server *server = context;
    struct agents_request request = {.path = post->path,
                                     .token = post->from.token == NULL ? "" : post->from.token,
                                     .from = post->from,
                                     .body = post->body,
                                     .body_bytes = post->body_bytes};
    struct agents_answer answer = agents_handle(server->agents, &request);
    post->http_status = answer.http_status;
    post->answer = answer.body;
}

static enum status server_render(void *context, const struct machine *machine, const struct profile *profile,
                                 enum control_text which, char **text, struct problem *problem)
{
    struct server *server = context;
    const struct server_render_place place = {&server->generated, &server->ports};
    return server_render_text(&place, machine, profile, which, text, problem);
}

static enum status server_pick_address(void *context, const struct machine *machine, struct ip4 *address,
                                       struct problem *problem)
{
    const struct server *server = context;
    const struct server_address_facts facts = {
        .config = &server->config,
        .pools = dhcp_service_pools(server->dhcp),
        .is_given_here = server_address_is_given_here(&server->config, server->dhcp),
        .now_s = desk_now_s(&server->desk)};
    return server_address_pick(&facts, machine, address, problem);
}

static struct dhcp_pools *server_pools(void *context)
{
    return dhcp_service_pools(((const struct server *)context)->dhcp);
}

static enum status server_render_personal(void *context, const struct machine *machine,
                                          const struct profile *profile, char hostname[MACHINE_NAME_BYTES],
                                          struct problem *problem)
{
    struct server *server = context;
    const struct server_render_place place = {&server->generated, &server->ports};
    return server_render_hostname(&place, machine, profile, hostname, problem);
}

static enum status server_recognise(void *context, const char *folder, struct image *image,
                                    struct problem *problem)
{
    const struct server *server = context;
    return recognise_folder(server->catalog, folder, image,
                            problem); // in a worker: the catalogue never changes
}

static void server_changed(void *context)
{
    struct server *server = context;
    struct problem problem;
    problem_clear(&problem);
    desk_recount(&server->desk);
    dhcp6_service_keep(server->ports.dhcp6);
    if (server->dhcp != NULL && dhcp_service_refresh(server->dhcp, &problem) != STATUS_OK) {
        char text[PROBLEM_TEXT_BYTES];
        log_write(server->log, LOG_LEVEL_ERROR, "reservations stay as they were: %s",
                  problem_print(&problem, text, sizeof text));
    }
}

static void server_status(void *context, struct json_t *object)
{
    struct server *server = context;
    server_status_add(&server->ports, server->dhcp, server_find_loaders(server), object);
}

// ---- the loop's own moments ----

static bool server_commit(void *context)
{
    struct server *server = context;
    struct problem problem;
    problem_clear(&problem);
    bool is_ok = store_commit(server->store, &problem) == STATUS_OK;
    if (!is_ok && !server->desk.cannot_store) {
        char text[PROBLEM_TEXT_BYTES];
        log_write(server->log, LOG_LEVEL_ERROR,
                  "the store cannot be written, so no new addresses are given and no orders are started: %s",
                  problem_print(&problem, text, sizeof text));
    } else if (is_ok && server->desk.cannot_store) {
        log_write(server->log, LOG_LEVEL_NOTICE, "the store can be written again");
    }
    server->desk.cannot_store = !is_ok;
    return is_ok;
}

static void server_turn_end(void *context)
{
    struct server *server = context;
    dhcp6_service_flush(server->ports.dhcp6); // first: under load DHCPv4 always waits for the disk
    dhcp_service_flush(server->dhcp);
    if (!dhcp_service_is_waiting(server->dhcp) && store_is_dirty(server->store)) {
        (void)server_commit(server);
    }
    server_absorb_note(&server->absorb);
    if (server->has_news) {
        server->has_news = false;
        control_notify(server->control);
    }
    log_flush(server->log);
}

static void server_log_problem(struct server *server, enum log_level level, const struct problem *problem)
{
    char text[PROBLEM_TEXT_BYTES + PROBLEM_REMEDY_BYTES];
    log_write(server->log, level, "%s", problem_print(problem, text, sizeof text));
}

static void server_interfaces_changed(void *context)
{
    struct server *server = context;
    struct problem problem;
    problem_clear(&problem);
    if (server_ports_update(&server->ports, &problem) != STATUS_OK) {
        server_log_problem(server, LOG_LEVEL_WARNING, &problem);
    }
    server->generated.https_port = server->ports.https_port;
}

static void server_tick(void *context)
{
    struct server *server = context;
    desk_tick(&server->desk);
    server_notes_tick(&server->notes);
    server_tftp_tick(&server->tftp_side);
    if (notify_watchdog_ms() != 0) {
        (void)notify_send("WATCHDOG=1");
    }
}

static void server_load_snippets(struct server *server)
{
    server_catalog_read_snippets(server->options.config_path, server->log, &server->snippets);
    server->generated.snippets = server->snippets;
}

static void server_reload(struct server *server)
{
    notify_reloading();
    struct config wanted;
    struct problem problem;
    problem_clear(&problem);
    if (config_load(server->options.config_path, &wanted, &problem) != STATUS_OK) {
        log_write(server->log, LOG_LEVEL_ERROR,
                  "the configuration stays as it was, for the new one is wrong:");
        server_log_problem(server, LOG_LEVEL_ERROR, &problem);
    } else {
        if (!config_reload(&server->config, &wanted, &problem)) {
            server_log_problem(server, LOG_LEVEL_WARNING, &problem);
        }
        config_clear(&wanted);
        problem_clear(&problem);
        if (tftp_names_load(server->names, server->config.tftp.map, &problem) != STATUS_OK) {
            log_write(server->log, LOG_LEVEL_ERROR,
                      "the rules of tftp.map stay as they were, for the new ones are wrong:");
            server_log_problem(server, LOG_LEVEL_ERROR, &problem);
        }
        server_load_snippets(server);
        server->desk.policy = server->config.policy;
        dhcp6_service_refresh(server->ports.dhcp6);
        mirror_service_set(server->mirrors, server->config.mirrors, server->config.mirror_count);
        struct tftp_policy limits = server_tftp_policy(&server->config.tftp);
        tftp_service_set_policy(server->tftp, &limits);
        server_changed(server);
        server_interfaces_changed(server);
        log_write(server->log, LOG_LEVEL_NOTICE, "configuration read again");
    }
    notify_ready(NULL);
}

static void server_signal(void *context, int number)
{
    struct server *server = context;
    if (number == SIGHUP) {
        server_reload(server);
        return;
    }
    log_write(server->log, LOG_LEVEL_NOTICE, "ending, as told by %s",
              number == SIGTERM ? "SIGTERM" : "SIGINT");
    notify_stopping();
    loop_stop(server->loop);
}

// ---- building the world, bottom to top ----

static bool server_build_facts(struct server *server, struct problem *problem)
{
    char path[CONFIG_PATH_BYTES + 32];
    struct text text;
    if (server_folders_make(&server->config, problem) != STATUS_OK ||
        server_folders_make_upload(&server->config, problem) != STATUS_OK) {
        return false;
    }
    text_init(&text, path, sizeof path);
    text_add_format(&text, "%s/imprint.db", server->config.state);
    server->store = store_open(path, problem);
    if (server->store == NULL) {
        return false;
    }
    server->catalog = server_catalog_open(server->options.config_path, server->log, problem);
    desk_init(&server->desk, server->store, server->config.policy);
    server->desk.now_ms = server_now_ms;
    server->desk.told = server_told;
    server->desk.booted = server_booted;
    server->desk.context = server;
    server->notes.desk = &server->desk;
    server->notes.log = server->log;
    server->tftp_side.config = &server->config;
    server->tftp_side.desk = &server->desk;
    server->desk.answers = answers_kept_new();
    server->desk.boots = boots_new(&server->desk, server->loop);
    server->menus = menus_new(&server->desk, &server->config, server->log);
    return server->catalog != NULL;
}

static bool server_build_content(struct server *server, struct problem *problem)
{
    char path[CONFIG_PATH_BYTES + 32];
    struct text text;
    text_init(&text, path, sizeof path);
    text_add_format(&text, "%s/images", server->config.state);
    server->images = media_new("images", path, problem);
    if (server->images == NULL) {
        return false;
    }
    server->generated = (struct generated){.desk = &server->desk,
                                           .config = &server->config,
                                           .catalog = server->catalog,
                                           .menus = server->menus,
                                           .images = media_source(server->images, "images")};
    struct agents_options agents = {.desk = &server->desk,
                                    .generated = &server->generated,
                                    .config = &server->config,
                                    .commit = server_commit,
                                    .context = server};
    server->agents = agents_new(&agents);
    server->generated.agents = server->agents;
    server_load_snippets(server);
    content_init(&server->content);
    server->content.opener = content_opener_new(server->loop, server->log, 0);
    server->loaders.content = &server->content;
    content_add(&server->content, generated_source(&server->generated));
    content_add(&server->content, packaged_source());
    const struct server_mirror_place place = {server->loop, &server->config, server->log, &server->desk};
    server->mirrors = server_mirror_new(&place, &server->content);
    if (access(server->config.tftp_root, F_OK) != 0) {
        log_write(server->log, LOG_LEVEL_INFO,
                  "tftp.root %s does not exist; it is only needed for files of your own",
                  server->config.tftp_root);
        return true;
    }
    server->root = folder_new("", server->config.tftp_root, problem);
    if (server->root != NULL) {
        content_add(&server->content, folder_source(server->root, "root"));
    }
    return server->root != NULL;
}

static bool server_build_names(struct server *server, struct problem *problem)
{
    const struct tftp_names_options options = {
        .content = &server->content, .root = server->config.tftp_root, .log = server->log};
    server->names = tftp_names_new(&options);
    server->tftp_side.names = server->names;
    server->tftp_side.log = server->log;
    return tftp_names_load(server->names, server->config.tftp.map, problem) == STATUS_OK;
}

static bool server_build_services(struct server *server, struct problem *problem)
{
    struct transfer_hooks hooks = {
        .ended = server_transfer_ended, .stalled = server_transfer_stalled, .context = server};
    struct http_service_options http = {.loop = server->loop,
                                        .content = &server->content,
                                        .log = server->log,
                                        .hooks = hooks,
                                        .post = server_post,
                                        .post_context = server};
    server->tftp = server_tftp_new(&server->tftp_side, server->loop, &server->content, hooks);
    server->http = http_service_new(&http);
    struct dhcp_settings dhcp = {.loop = server->loop,
                                 .desk = &server->desk,
                                 .config = &server->config,
                                 .log = server->log,
                                 .find_loaders = server_find_loaders,
                                 .commit = server_commit,
                                 .context = server};
    if (server->config.dhcp_mode != CONFIG_DHCP_OFF) {
        server->dhcp = dhcp_service_new(&dhcp, problem);
        if (server->dhcp == NULL) {
            return false;
        }
    }
    bool has_dhcp6 = server->config.dhcp6.mode != CONFIG_DHCP6_OFF;
    struct dhcp6_service *dhcp6 = has_dhcp6 ? dhcp6_service_new(&dhcp, problem) : NULL;
    if (has_dhcp6 && dhcp6 == NULL) {
        return false;
    }
    const struct server_ftp_place ftp = {server->loop,     &server->config,    server->log,
                                         &server->content, &server->generated, hooks};
    server->ports = (struct server_ports){.config = &server->config,
                                          .log = server->log,
                                          .https_port = server->config.https_port,
                                          .dhcp = server->dhcp,
                                          .dhcp6 = dhcp6,
                                          .tftp = server->tftp,
                                          .http = server->http,
                                          .ftp = server_ftp_new(&ftp)};
    loop_add_turn_end(server->loop, server_turn_end, server);
    log_hold(server->log);
    if (server_ports_update(&server->ports, problem) != STATUS_OK) {
        return false;
    }
    if (server->ports.served_count == 0) {
        log_write(
            server->log, LOG_LEVEL_WARNING,
            "no interface to serve yet: none that is wanted is up and has an IPv4 address; waiting for one");
    }
    return control_listen(server->config.control_socket, server_folders_group(&server->config),
                          &server->listener, problem) == STATUS_OK;
}

static bool server_drop(struct server *server, struct problem *problem)
{
    struct privilege_wish wish = {.user = getuid() == 0 ? server_folders_user(&server->config) : NULL,
                                  .keeps = PRIVILEGE_NET_BIND | PRIVILEGE_NET_RAW};
    if (server_folders_give(&server->config, problem) != STATUS_OK ||
        server_https_read(&server->config, &server->certificate, problem) != STATUS_OK ||
        privilege_drop(&wish, NULL, problem) != STATUS_OK ||
        server_folders_check_upload(&server->config, problem) != STATUS_OK) {
        return false;
    }
    server_folders_note_user(&server->config, wish.user, server->log);
    if (server->config.tftp.upload_folder[0] != '\0') { // as whom we write it from now on
        server->tftp_side.uploads = upload_folder_new(server->config.tftp.upload_folder, problem);
    }
    log_write(server->log, LOG_LEVEL_INFO, "running as %s",
              wish.user == NULL ? "the user who started it" : wish.user);
    return server->config.tftp.upload_folder[0] == '\0' || server->tftp_side.uploads != NULL;
}

static bool server_build_watchers(struct server *server, struct problem *problem)
{
    struct control_world world = {.loop = server->loop,
                                  .store = server->store,
                                  .desk = &server->desk,
                                  .config = &server->config,
                                  .taken_listener = server->listener,
                                  .images = server->generated.images,
                                  .context = server,
                                  .recognise = server_recognise,
                                  .render = server_render,
                                  .render_personal = server_render_personal,
                                  .pick_address = server_pick_address,
                                  .pools = server_pools,
                                  .certificate = &server->certificate,
                                  .agents = server->agents,
                                  .mirrors = server->mirrors,
                                  .changed = server_changed,
                                  .status = server_status};
    server->listener = -1;
    server->control = control_open(&world, problem);
    menus_set_control(server->menus, server->control);
    if (server->control == NULL ||
        server_https_begin(&server->ports, &server->certificate, &server->generated, problem) != STATUS_OK ||
        http_service_start(server->http, problem) != STATUS_OK) {
        return false;
    }
    tftp_service_start(server->tftp);
    server_ftp_start(&server->ports);
    static const int SIGNALS[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < COUNT_OF(SIGNALS); i++) {
        server->signals[i] = loop_signal_new(server->loop, SIGNALS[i], server_signal, server);
    }
    server->watch = interface_watch_new(server->loop, server_interfaces_changed, server, problem);
    server->tick = loop_timer_new(server->loop, server_tick, server);
    loop_timer_start(server->tick, SERVER_TICK_MS, SERVER_TICK_MS);
    server_absorb_init(&server->absorb, server->loop, server->store, server->log);
    return server->watch != NULL;
}

static void server_free(struct server *server)
{
    loop_timer_free(server->tick);
    server_absorb_clear(&server->absorb);
    interface_watch_free(server->watch);
    for (size_t i = 0; i < COUNT_OF(server->signals); i++) {
        loop_signal_free(server->signals[i]);
    }
    menus_set_control(server->menus, NULL);
    control_close(server->control);
    server->control = NULL;
    http_service_free(server->http);
    ftp_service_free(server->ports.ftp);
    tftp_service_free(server->tftp);
    mirror_service_free(server->mirrors);
    server_loaders_clear(&server->loaders);
    content_opener_free(server->content.opener);
    upload_folder_free(server->tftp_side.uploads);
    tftp_names_free(server->names);
    server->names = NULL; // the desk may still tell of boots
    dhcp6_service_free(server->ports.dhcp6);
    dhcp_service_free(server->dhcp);
    server->dhcp = NULL;
    if (server->listener >= 0) {
        close(server->listener);
    }
    certificate_clear(&server->certificate);
    boots_free(server->desk.boots);
    server->desk.boots = NULL;
    loop_free(server->loop);
    agents_free(server->agents);
    folder_free(server->root);
    media_free(server->images);
    menus_free(server->menus);
    answers_kept_free(server->desk.answers);
    catalog_free(server->catalog);
    snippets_free(server->snippets);
    store_close(server->store);
    log_free(server->log);
    config_clear(&server->config);
    heap_free(server);
}

static int server_serve(struct server *server)
{
    struct problem problem;
    problem_clear(&problem);
    bool is_built = server_build_facts(server, &problem) && server_build_content(server, &problem) &&
                    server_build_names(server, &problem) && server_build_services(server, &problem) &&
                    server_drop(server, &problem) && server_build_watchers(server, &problem);
    if (!is_built) {
        server_log_problem(server, LOG_LEVEL_ERROR, &problem);
        return 1;
    }
    log_write(server->log, LOG_LEVEL_NOTICE, "imprint %s is ready, dhcp.mode %s", IMPRINT_VERSION,
              config_dhcp_mode_text(server->config.dhcp_mode));
    (void)server_find_loaders(server);
    notify_ready("serving");
    server_folders_warm(server->loop, server->images);
    loop_run(server->loop);
    (void)server_commit(server);
    return 0;
}

int server_run(const struct server_options *options)
{
    struct server *server = heap_new(sizeof *server);
    server->options = *options;
    server->listener = -1;
    server->log = log_new(STDERR_FILENO, options->log_form, options->log_level);
    struct problem problem = {0};
    if (config_load(options->config_path, &server->config, &problem) != STATUS_OK) {
        server_log_problem(server, LOG_LEVEL_ERROR, &problem);
        log_free(server->log);
        heap_free(server);
        return 2;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    (void)umask(022); // what is to be hidden is made so where it is made
    (void)privilege_raise_files(SERVER_FILES_MOST);
    server->loop = loop_new();
    int exit_status = server_serve(server);
    server_free(server);
    return exit_status;
}

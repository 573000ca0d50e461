// SPDX-License-Identifier: GPL-3.0-or-later
// What the virtual client asks: for each kind of firmware which loader it gets, and then that loader, whole,
// and what the loader asks for next.
#include "base/text.h"
#include "cli/selftest.h"
#include "cli/tftp_client.h"
#include "loader/loader.h"
#include "session/client.h"
#include "wire/pxe.h"

#include <curl/curl.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TRIES           3
#define WAIT_MS         1500
#define SECS            20 // waits already: no delay for strangers applies
#define TFTP_PORT       69
#define HTTP_PORT       80
#define TFTP_BLOCK      1428 // behind a tunnel, too
#define TFTP_WINDOW     4
#define PATIENCE_US     6000000
#define HTTP_PATIENCE_S 30L
#define HTTP_CONNECT_S  6L
#define NAME_BYTES      256
#define FETCHED_MOST    64
#define BROADCAST       0xffffffffu
#define CLASS_BYTES     64
#define USER_BYTES      64
#define HTTP_OK         200L
#define BYTES_MOST      ((uint64_t)1 << 30)

static const struct firmware {
    const char *name;
    uint16_t architecture;
    bool is_http;
    bool is_ipxe;
    bool is_common; // nearly every site has some, so that its failure is an error
} FIRMWARES[] = {
    {"BIOS", PXE_X86_BIOS, false, false, true},
    {"x64 UEFI", PXE_X64_UEFI, false, false, true},
    {"x64 UEFI that says EBC", PXE_EBC_UEFI, false, false, true},
    {"x64 UEFI, HTTP boot", PXE_X64_UEFI_HTTP, true, false, true},
    {"32-bit UEFI", PXE_IA32_UEFI, false, false, false},
    {"ARM64 UEFI", PXE_ARM64_UEFI, false, false, false},
    {"ARM64 UEFI, HTTP boot", PXE_ARM64_UEFI_HTTP, true, false, false},
    {"iPXE on BIOS", PXE_X86_BIOS, false, true, true},
    {"iPXE on x64 UEFI", PXE_X64_UEFI, false, true, true},
};

struct asking {
    const struct selftest_wire *wire;
    void (*tell)(void *context, json_t *taken);
    void *context;
    struct hw mac;
    uint32_t xid;
    int fd; // bound to port 68
    char fetched[FETCHED_MOST][NAME_BYTES];
    unsigned fetched_count;
    bool is_silent[2]; // TFTP, HTTP: it was told once, and the rest need not be waited for
};

static void tell(const struct asking *asking, enum selftest_grade grade, const char *check, const char *about,
                 const char *text, const char *remedy)
{
    asking->tell(asking->context, selftest_finding(grade, check, about, text, remedy));
}

static int64_t now_ms(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

// ---- DHCP ----

static int open_port(void)
{
    static const char CARD[] = "st0";
    int on = 1;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(DHCP4_CLIENT_PORT)};
    if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, CARD, sizeof CARD) != 0 ||
                    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) != 0 ||
                    bind(fd, (const struct sockaddr *)&own, sizeof own) != 0)) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static bool read_mac(struct hw *mac)
{
    struct ifreq request = {.ifr_name = "st0"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is_read = fd >= 0 && ioctl(fd, SIOCGIFHWADDR, &request) == 0;
    if (is_read) {
        *mac = hw_ethernet((const uint8_t *)request.ifr_hwaddr.sa_data);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return is_read;
}

static void put_user_class(struct dhcp4_reply *question, const struct firmware *firmware)
{
    static const char IPXE[] = "iPXE";
    uint8_t bytes[USER_BYTES];
    size_t length = 0;
    if (firmware->is_ipxe) {
        bytes[length++] = sizeof IPXE - 1;
        memcpy(bytes + length, IPXE, sizeof IPXE - 1);
        length += sizeof IPXE - 1;
    }
    bytes[length++] = sizeof CLIENT_TEST_CLASS - 1;
    memcpy(bytes + length, CLIENT_TEST_CLASS, sizeof CLIENT_TEST_CLASS - 1);
    length += sizeof CLIENT_TEST_CLASS - 1;
    dhcp4_put_bytes(question, DHCP4_OPTION_USER_CLASS, bytes, length);
}

static size_t make_question(const struct asking *asking, const struct firmware *firmware,
                            enum dhcp4_kind kind, uint8_t *out, size_t out_bytes)
{
    static const uint8_t UNDI[] = {1, 3, 16};
    static const uint8_t IPXE_HTTP[] = {PXE_IPXE_HTTP, 1, 1};
    static const uint8_t PARAMETERS[] = {DHCP4_OPTION_SUBNET_MASK,  DHCP4_OPTION_ROUTERS,
                                         DHCP4_OPTION_VENDOR,       DHCP4_OPTION_SERVER_ID,
                                         DHCP4_OPTION_VENDOR_CLASS, DHCP4_OPTION_BOOT_FILE};
    static struct dhcp4_reply question; // large
    char class[CLASS_BYTES];
    size_t written = 0;
    question = (struct dhcp4_reply){.op = DHCP4_OP_REQUEST,
                                    .kind = kind,
                                    .chaddr = asking->mac,
                                    .xid = asking->xid,
                                    .secs = SECS,
                                    .broadcast = kind == DHCP4_DISCOVER};
    if (kind != DHCP4_DISCOVER) {
        question.ciaddr = (struct ip4){CLIENT_TEST_ADDRESS};
    }
    (void)snprintf(class, sizeof class, "%s:Arch:%05u:UNDI:003016",
                   firmware->is_http ? "HTTPClient" : "PXEClient", firmware->architecture);
    dhcp4_put_string(&question, DHCP4_OPTION_VENDOR_CLASS, class);
    dhcp4_put_u16(&question, DHCP4_OPTION_ARCHITECTURE, firmware->architecture);
    dhcp4_put_bytes(&question, DHCP4_OPTION_NETWORK_INTERFACE, UNDI, sizeof UNDI);
    dhcp4_put_bytes(&question, DHCP4_OPTION_PARAMETERS, PARAMETERS, sizeof PARAMETERS);
    put_user_class(&question, firmware);
    if (firmware->is_ipxe) {
        dhcp4_put_bytes(&question, DHCP4_OPTION_IPXE, IPXE_HTTP, sizeof IPXE_HTTP);
    }
    enum status status = dhcp4_encode(&question, DHCP4_DEFAULT_LIMIT, out, out_bytes, &written);
    return status == STATUS_OK ? written : 0;
}

// The answer to the question at hand, until `until_ms`. It is decoded into `arena`.
static bool hear(const struct asking *asking, int64_t until_ms, struct arena *arena,
                 struct dhcp4_message *answer)
{
    uint8_t bytes[DHCP4_DATAGRAM_BYTES];
    for (int64_t left; (left = until_ms - now_ms()) > 0;) {
        struct pollfd poll_fd = {.fd = asking->fd, .events = POLLIN};
        ssize_t count =
            poll(&poll_fd, 1, (int)left) > 0 ? recv(asking->fd, bytes, sizeof bytes, MSG_DONTWAIT) : -1;
        if (count > 0 && dhcp4_decode(bytes, (size_t)count, arena, answer, NULL) == STATUS_OK &&
            answer->op == DHCP4_OP_REPLY && answer->xid == asking->xid) {
            return true;
        }
    }
    return false;
}

// Asks at `port` until somebody answers.
static bool ask(struct asking *asking, const struct firmware *firmware, uint16_t port, struct arena *arena,
                struct dhcp4_message *answer)
{
    uint8_t bytes[DHCP4_MOST_BYTES];
    bool is_first = port == DHCP4_SERVER_PORT;
    asking->xid++;
    size_t length =
        make_question(asking, firmware, is_first ? DHCP4_DISCOVER : DHCP4_REQUEST, bytes, sizeof bytes);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(port),
                             .sin_addr = {htonl(is_first ? BROADCAST : asking->wire->server.value)}};
    for (unsigned i = 0; i < TRIES; i++) {
        if (sendto(asking->fd, bytes, length, 0, (const struct sockaddr *)&to, sizeof to) < 0) {
            return false;
        }
        if (hear(asking, now_ms() + WAIT_MS, arena, answer)) {
            return true;
        }
    }
    return false;
}

// ---- files ----

struct take {
    uint64_t bytes;
};

static bool take_block(void *context, const uint8_t *bytes, size_t count)
{
    (void)bytes;
    ((struct take *)context)->bytes += count;
    return true;
}

static void tell_progress(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    (void)done;
    (void)total;
}

static const char *tftp_why(const struct tftp_client_result *result, char *out, size_t out_bytes)
{
    if (result->end == TFTP_CLIENT_UNREACHABLE || result->end == TFTP_CLIENT_NO_SOCKET) {
        (void)snprintf(out, out_bytes, "%s", strerror(result->error));
    } else if (result->outcome == TFTP_FETCH_REFUSED) {
        (void)snprintf(out, out_bytes, "the server says \"%.150s\" (error %u)", result->text, result->code);
    } else if (result->outcome == TFTP_FETCH_UNANSWERED) {
        (void)snprintf(out, out_bytes, "nobody answered on UDP port %u", TFTP_PORT);
    } else {
        (void)snprintf(out, out_bytes, "it stopped after %llu bytes", (unsigned long long)result->bytes);
    }
    return out;
}

static bool fetch_tftp(const struct asking *asking, const char *name, uint64_t *bytes, char *why,
                       size_t why_bytes)
{
    struct take take = {0};
    struct tftp_client_result result = {0};
    struct tftp_client_job job = {.server = asking->wire->server,
                                  .port = TFTP_PORT,
                                  .name = name,
                                  .mode = TFTP_MODE_OCTET,
                                  .plan = {.patience_us = PATIENCE_US},
                                  .context = &take,
                                  .take = take_block,
                                  .tell = tell_progress};
    tftp_options_put(&job.plan.options, TFTP_OPTION_TSIZE, 0);
    tftp_options_put(&job.plan.options, TFTP_OPTION_BLKSIZE, TFTP_BLOCK);
    tftp_options_put(&job.plan.options, TFTP_OPTION_WINDOWSIZE, TFTP_WINDOW);
    tftp_client_run(&job, &result);
    *bytes = take.bytes;
    if (result.end == TFTP_CLIENT_FINISHED && result.outcome == TFTP_FETCH_DONE) {
        return true;
    }
    (void)tftp_why(&result, why, why_bytes);
    return false;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes;
    struct take *take = context;
    take->bytes += size * count;
    return take->bytes > BYTES_MOST ? 0 : size * count;
}

static bool fetch_http(const char *url, uint64_t *bytes, char *why, size_t why_bytes)
{
    struct take take = {0};
    long code = 0;
    CURL *curl = curl_easy_init();
    if (curl == NULL) {
        (void)snprintf(why, why_bytes, "there is no memory");
        return false;
    }
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, HTTP_CONNECT_S);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, HTTP_PATIENCE_S);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &take);
    // Whether machines trust its certificate cannot be told from here; that it answers can.
    (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    CURLcode result = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    curl_easy_cleanup(curl);
    *bytes = take.bytes;
    if (result == CURLE_OK && code == HTTP_OK) {
        return true;
    }
    if (result == CURLE_OK) {
        (void)snprintf(why, why_bytes, "the server answers %ld", code);
    } else {
        (void)snprintf(why, why_bytes, "%s", curl_easy_strerror(result));
    }
    return false;
}

#define FIREWALL                                                                                             \
    "see whether a firewall of this machine lets UDP ports 67, 69 and 4011 and the HTTP port in: "           \
    "`nft list ruleset`"

// Where a file of a loader comes from; "" when it is no loader's, or nobody packages it.
static const char *package_of(const char *name)
{
    for (unsigned id = LOADER_NONE + 1; id < LOADER_COUNT; id++) {
        const struct loader_file *files = loader_get((enum loader_id)id)->files;
        for (unsigned i = 0; i < LOADER_FILES_MOST && files[i].name != NULL; i++) {
            if (strcmp(files[i].name, name) == 0 && files[i].package != NULL) {
                return files[i].package;
            }
        }
    }
    return "";
}

static void tell_lost(struct asking *asking, const char *name, const char *why)
{
    char text[TFTP_CLIENT_TEXT_BYTES * 2];
    char remedy[NAME_BYTES + 64];
    const char *base = strrchr(name, '/');
    const char *package = package_of(base == NULL ? name : base + 1);
    bool is_missing = strstr(why, "(error 1)") != NULL || strstr(why, "404") != NULL;
    (void)snprintf(text, sizeof text, "does not come: %s", why);
    if (is_missing && package[0] != '\0') {
        (void)snprintf(remedy, sizeof remedy, "apt install %s", package);
    } else {
        (void)snprintf(remedy, sizeof remedy, "%s",
                       is_missing ? "put it into the folder of tftp.root"
                                  : "see `imprint events --last 20`, and what is left of the disk");
    }
    bool is_silent = strstr(why, "nobody") != NULL || strstr(why, "imeout") != NULL ||
                     strstr(why, "connect") != NULL || strstr(why, "stopped") != NULL;
    bool is_url = strstr(name, "://") != NULL;
    asking->is_silent[is_url] = is_silent;
    tell(asking, SELFTEST_ERROR, is_url ? "http" : "tftp", name, text, is_silent ? FIREWALL : remedy);
}

// Fetches `name`, a path or a URL, once, and tells. Whether it came.
static bool fetch(struct asking *asking, const char *name)
{
    char why[TFTP_CLIENT_TEXT_BYTES] = "";
    char text[TFTP_CLIENT_TEXT_BYTES * 2];
    uint64_t bytes = 0;
    for (unsigned i = 0; i < asking->fetched_count; i++) {
        if (strcmp(asking->fetched[i], name) == 0) {
            return true;
        }
    }
    if (asking->fetched_count < FETCHED_MOST &&
        text_copy(asking->fetched[asking->fetched_count], NAME_BYTES, name) == STATUS_OK) {
        asking->fetched_count++;
    }
    bool is_url = strstr(name, "://") != NULL;
    if (asking->is_silent[is_url]) {
        return false;
    }
    bool came = is_url ? fetch_http(name, &bytes, why, sizeof why)
                       : fetch_tftp(asking, name, &bytes, why, sizeof why);
    if (came && bytes != 0) {
        (void)snprintf(text, sizeof text, "came whole, %llu bytes", (unsigned long long)bytes);
        tell(asking, SELFTEST_GOOD, is_url ? "http" : "tftp", name, text, "");
        return true;
    }
    tell_lost(asking, name, came ? "it is empty" : why);
    return false;
}

// ---- chains ----

// The file that a loader wants beside itself, and its configuration.
static void fetch_rest(struct asking *asking, const char *file)
{
    for (unsigned id = LOADER_NONE + 1; id < LOADER_COUNT; id++) {
        const struct loader *loader = loader_get((enum loader_id)id);
        const char *base = strrchr(file, '/');
        if (strcmp(loader->file, base == NULL ? file : base + 1) != 0) {
            continue;
        }
        for (unsigned i = 1; i < LOADER_FILES_MOST && loader->files[i].name != NULL; i++) {
            if (!loader->files[i].optional) {
                (void)fetch(asking, loader->files[i].name);
            }
        }
        if (loader->id == LOADER_PXELINUX) {
            (void)fetch(asking, "pxelinux.cfg/default");
        } else if (loader->id == LOADER_SHIM_X64 || loader->id == LOADER_GRUB_IA32 ||
                   loader->id == LOADER_GRUB_ARM64) {
            (void)fetch(asking, "grub/grub.cfg");
        }
    }
}

static void read_file(const struct dhcp4_message *answer, char out[NAME_BYTES])
{
    (void)text_copy(out, NAME_BYTES, answer->file);
    if (out[0] == '\0' && !dhcp4_find_string(answer, DHCP4_OPTION_BOOT_FILE, out, NAME_BYTES)) {
        out[0] = '\0';
    }
}

static void tell_no_loader(const struct asking *asking, const struct firmware *firmware)
{
    char remedy[NAME_BYTES] = "";
    struct reasons reasons = {0};
    const struct boot_client client = {.stage = BOOT_STAGE_FIRMWARE,
                                       .architecture = firmware->architecture,
                                       .platform = client_pick_platform(firmware->architecture),
                                       .wants_http = firmware->is_http};
    const struct loader *loader =
        firmware->is_ipxe ? NULL : loader_pick(&client, MACHINE_LOADER_AUTO, UINT32_MAX, &reasons, NULL);
    if (loader != NULL) {
        const char *package = loader->files[0].package;
        (void)snprintf(remedy, sizeof remedy, "%s%s",
                       package == NULL ? "put it into the folder of tftp.root: " : "apt install ",
                       package == NULL ? loader->file : package);
    }
    tell(asking, firmware->is_common ? SELFTEST_ERROR : SELFTEST_NOTE, "loader", firmware->name,
         "there is no boot loader for it here", remedy);
}

static void follow(struct asking *asking, const struct firmware *firmware, const struct dhcp4_message *answer)
{
    char file[NAME_BYTES];
    char text[NAME_BYTES + 64];
    read_file(answer, file);
    if (file[0] == '\0') {
        tell_no_loader(asking, firmware);
        return;
    }
    (void)snprintf(text, sizeof text, "is told to load %s", file);
    tell(asking, SELFTEST_GOOD, "loader", firmware->name, text, "");
    if (fetch(asking, file)) {
        fetch_rest(asking, file);
    }
}

static void tell_silence(const struct asking *asking, const struct firmware *firmware, uint16_t port)
{
    char text[128];
    (void)snprintf(text, sizeof text, "nobody answered it on UDP port %u of %s", port, asking->wire->about);
    tell(asking, firmware->is_common ? SELFTEST_ERROR : SELFTEST_WARNING, "dhcp", firmware->name, text,
         FIREWALL);
}

// false: not even this one was answered, so that the others need not be asked.
static bool run_chain(struct asking *asking, const struct firmware *firmware)
{
    static uint8_t memory[DHCP4_ARENA_BYTES];
    struct arena arena = arena_init(memory, sizeof memory);
    struct dhcp4_message answer;
    if (!ask(asking, firmware, DHCP4_SERVER_PORT, &arena, &answer)) {
        tell_silence(asking, firmware, DHCP4_SERVER_PORT);
        return false;
    }
    bool has_address = answer.yiaddr.value != 0;
    if (!asking->wire->is_proxy && !has_address) {
        tell(asking, SELFTEST_ERROR, "dhcp", firmware->name, "was offered no address",
             "look at the pool: `imprint lease list`, and dhcp.subnets in the configuration");
    }
    follow(asking, firmware, &answer);
    // Firmware asks a ProxyDHCP server a second time, there.
    arena = arena_init(memory, sizeof memory);
    bool asks_again = asking->wire->is_proxy && !firmware->is_http && !firmware->is_ipxe;
    if (asks_again && !ask(asking, firmware, DHCP4_PXE_PORT, &arena, &answer)) {
        tell_silence(asking, firmware, DHCP4_PXE_PORT);
    } else if (asks_again) {
        follow(asking, firmware, &answer);
    }
    return true;
}

void selftest_wire_run(const struct selftest_wire *wire, void (*tell_it)(void *context, json_t *taken),
                       void *context)
{
    static struct asking asking; // large
    asking = (struct asking){.wire = wire, .tell = tell_it, .context = context, .fd = open_port()};
    if (asking.fd < 0 || !read_mac(&asking.mac) ||
        getrandom(&asking.xid, sizeof asking.xid, 0) != sizeof asking.xid) {
        tell(&asking, SELFTEST_ERROR, "client", wire->about, "the virtual client has no socket", "");
        return;
    }
    for (size_t i = 0; wire->asks_dhcp && i < COUNT_OF(FIRMWARES); i++) {
        if (!run_chain(&asking, &FIRMWARES[i]) && i == 0) {
            break;
        }
    }
    char url[NAME_BYTES];
    char address[IP4_TEXT_BYTES];
    char port[8] = "";
    if (wire->http_port != HTTP_PORT) {
        (void)snprintf(port, sizeof port, ":%u", wire->http_port);
    }
    (void)snprintf(url, sizeof url, "http://%s%s/boot.ipxe", ip4_print(wire->server, address), port);
    (void)fetch(&asking, url); // whoever was told what
    (void)fetch(&asking, "pxelinux.cfg/default");
    (void)close(asking.fd);
}

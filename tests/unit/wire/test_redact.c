// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/redact.h"

#include "unit/test.h"

#include <string.h>

#define HEAD_UDP (14 + 20 + 8)
#define HEAD_TCP (14 + 20 + 20)
#define TOKEN    "0123456789abcdef0123456789abcdef"

static uint8_t frame[2048];

// Ethernet, IPv4 and UDP (17) or TCP (6) around `bytes`; how long it is.
static size_t make(uint8_t protocol, uint16_t from, uint16_t to, const void *bytes, size_t count)
{
    size_t head = protocol == 17 ? HEAD_UDP : HEAD_TCP;
    size_t total = head - 14 + count;
    memset(frame, 0, sizeof frame);
    frame[12] = 0x08;
    uint8_t *ip = frame + 14;
    ip[0] = 0x45;
    ip[2] = (uint8_t)(total >> 8);
    ip[3] = (uint8_t)total;
    ip[8] = 64;
    ip[9] = protocol;
    memcpy(ip + 12, (const uint8_t[]){192, 0, 2, 1, 192, 0, 2, 9}, 8);
    uint8_t *ports = ip + 20;
    ports[0] = (uint8_t)(from >> 8);
    ports[1] = (uint8_t)from;
    ports[2] = (uint8_t)(to >> 8);
    ports[3] = (uint8_t)to;
    if (protocol == 17) {
        ports[4] = (uint8_t)((8 + count) >> 8);
        ports[5] = (uint8_t)(8 + count);
    } else {
        ports[12] = 0x50;
    }
    memcpy(frame + head, bytes, count);
    return 14 + total;
}

static size_t redact(uint8_t protocol, uint16_t from, uint16_t to, const char *text)
{
    size_t count = make(protocol, from, to, text, strlen(text));
    return redact_packet(DISSECT_ETHERNET, frame, count) - (protocol == 17 ? HEAD_UDP : HEAD_TCP);
}

static void the_data_of_a_file_goes_and_its_number_stays(void **state)
{
    (void)state;
    static const uint8_t DATA[] = {0, 3, 0, 7, 's', 'e', 'c', 'r', 'e', 't'};
    size_t count = make(17, 50000, 2070, DATA, sizeof DATA);
    assert_int_equal(redact_packet(DISSECT_ETHERNET, frame, count), HEAD_UDP + 4);
    assert_int_equal(frame[HEAD_UDP + 3], 7);
}

static void what_asks_for_a_file_stays_but_for_its_token(void **state)
{
    (void)state;
    static const char ASK[] = "\0\1answers/" TOKEN "/preseed.cfg\0octet";
    size_t count = make(17, 2070, 69, ASK, sizeof ASK);
    assert_int_equal(redact_packet(DISSECT_ETHERNET, frame, count), count);
    assert_null(memmem(frame, count, "0123456789abcdef", 16));
    assert_non_null(memmem(frame, count, "answers/xxxxxxxx", 16));
    assert_non_null(memmem(frame, count, "x/preseed.cfg", 13));
}

static void a_body_of_http_goes_and_its_head_stays(void **state)
{
    (void)state;
    static const char ANSWER[] = "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nrootpw --iscrypted secret";
    assert_int_equal(redact(6, 80, 40000, ANSWER), strlen(ANSWER) - strlen("rootpw --iscrypted secret"));
    assert_int_equal(redact(6, 80, 40000, "rootpw --iscrypted secret, the rest of a body"), 0);
    assert_int_equal(redact(6, 443, 40000, "\x16\x03\x01 whatever"), 0);
}

static void credentials_become_x(void **state)
{
    (void)state;
    static const char *const WITH[] = {
        "GET /x?password=opensesame&a=b HTTP/1.1\r\n\r\n",
        "GET /x HTTP/1.1\r\nAuthorization: Basic opensesame\r\nHost: a\r\n\r\n",
        "GET /x HTTP/1.1\r\nCOOKIE: sid=opensesame\r\n\r\n",
        "GET /?hash=$6$salt$opensesame HTTP/1.1\r\n\r\n",
        "GET /m?TOKEN=opensesame HTTP/1.1\r\n\r\n",
    };
    for (size_t i = 0; i < COUNT_OF(WITH); i++) {
        assert_int_equal(redact(6, 40000, 80, WITH[i]), strlen(WITH[i]));
        assert_null(memmem(frame, sizeof frame, "opensesame", 10));
        assert_non_null(memmem(frame, sizeof frame, "HTTP/1.1\r\n", 10));
    }
    assert_true(redact(6, 40000, 21, "PASS opensesame\r\n") != 0);
    assert_null(memmem(frame, sizeof frame, "opensesame", 10));
}

static void what_is_not_known_goes(void **state)
{
    (void)state;
    assert_int_equal(redact(17, 40000, 9999, "some protocol"), 0);
    assert_int_equal(redact_packet(DISSECT_ETHERNET, frame, 20), 14); // cut off before the ports
    assert_int_equal(redact_packet(DISSECT_ETHERNET, frame, 3), 3);
    memset(frame, 's', sizeof frame);
    assert_int_equal(redact_packet(DISSECT_ETHERNET, frame, 100), 14);
}

static void dhcp_stays(void **state)
{
    (void)state;
    static const char NEARLY[] = "a name of 31 digits: 0123456789abcdef0123456789abcde, and $6$short";
    assert_int_equal(redact(17, 68, 67, NEARLY), strlen(NEARLY));
    assert_memory_equal(frame + HEAD_UDP, NEARLY, strlen(NEARLY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_data_of_a_file_goes_and_its_number_stays),
        cmocka_unit_test(what_asks_for_a_file_stays_but_for_its_token),
        cmocka_unit_test(a_body_of_http_goes_and_its_head_stays),
        cmocka_unit_test(credentials_become_x),
        cmocka_unit_test(what_is_not_known_goes),
        cmocka_unit_test(dhcp_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

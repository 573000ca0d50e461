// SPDX-License-Identifier: GPL-3.0-or-later
// How the database came to look as it does: migration N takes a database of version N (PRAGMA user_version)
// to N + 1. Rows are only ever appended here; a released migration is never changed. Zero and '' mean "none"
// as in the structs of the model; IPv4 addresses are numbers in host order, IPv6
// addresses sixteen octets, link-layer addresses a type octet and
// the address, reasons their names.
#pragma once

#define SCHEMA_APPLICATION_ID 0x696d7072 // "impr", PRAGMA application_id

// clang-format off
static const char *const SCHEMA_MIGRATIONS[] = {
    "CREATE TABLE last_id("
    "  kind INTEGER PRIMARY KEY,"
    "  id INTEGER NOT NULL) STRICT;"

    "CREATE TABLE machine("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE,"
    "  state TEXT NOT NULL,"
    "  loader TEXT NOT NULL,"
    "  uuid BLOB NOT NULL,"
    "  serial TEXT NOT NULL,"
    "  hostname TEXT NOT NULL,"
    "  address INTEGER NOT NULL,"
    "  architecture INTEGER NOT NULL,"
    "  last_address INTEGER NOT NULL,"
    "  first_seen_s INTEGER NOT NULL,"
    "  last_seen_s INTEGER NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX machine_address ON machine(address) WHERE address != 0;"

    "CREATE TABLE machine_mac("
    "  machine_id INTEGER NOT NULL REFERENCES machine(id) ON DELETE CASCADE,"
    "  position INTEGER NOT NULL,"
    "  mac BLOB NOT NULL UNIQUE,"
    "  PRIMARY KEY(machine_id, position)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE image("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE,"
    "  family TEXT NOT NULL,"
    "  description TEXT NOT NULL,"
    "  kernel TEXT NOT NULL,"
    "  initrd TEXT NOT NULL,"
    "  arguments TEXT NOT NULL,"
    "  size_bytes INTEGER NOT NULL,"
    "  file_count INTEGER NOT NULL,"
    "  created_s INTEGER NOT NULL) STRICT;"

    "CREATE TABLE profile("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE,"
    "  image TEXT NOT NULL,"
    "  arguments TEXT NOT NULL,"
    "  answer_name TEXT NOT NULL,"
    "  answer TEXT,"
    "  created_s INTEGER NOT NULL) STRICT;"

    "CREATE TABLE profile_value("
    "  profile_id INTEGER NOT NULL REFERENCES profile(id) ON DELETE CASCADE,"
    "  position INTEGER NOT NULL,"
    "  key TEXT NOT NULL,"
    "  value TEXT NOT NULL,"
    "  PRIMARY KEY(profile_id, position)) STRICT, WITHOUT ROWID;"

    // An order's machine is deleted and written anew when it changes; hence deferred, and no cascade.
    "CREATE TABLE orders("
    "  id INTEGER PRIMARY KEY,"
    "  machine_id INTEGER NOT NULL REFERENCES machine(id) DEFERRABLE INITIALLY DEFERRED,"
    "  profile TEXT NOT NULL,"
    "  owner TEXT NOT NULL,"
    "  state TEXT NOT NULL,"
    "  created_s INTEGER NOT NULL,"
    "  expires_s INTEGER NOT NULL,"
    "  started_s INTEGER NOT NULL,"
    "  used_s INTEGER NOT NULL,"
    "  ended_s INTEGER NOT NULL,"
    "  boots INTEGER NOT NULL) STRICT;"
    "CREATE INDEX orders_machine ON orders(machine_id);"
    "CREATE UNIQUE INDEX orders_live ON orders(machine_id) WHERE state IN ('armed', 'booting', 'used');"

    "CREATE TABLE lease("
    "  address INTEGER PRIMARY KEY,"
    "  key BLOB NOT NULL,"
    "  state TEXT NOT NULL,"
    "  starts_s INTEGER NOT NULL,"
    "  ends_s INTEGER NOT NULL,"
    "  hostname TEXT NOT NULL) STRICT;"

    "CREATE TABLE event("
    "  id INTEGER PRIMARY KEY,"
    "  at_ms INTEGER NOT NULL,"
    "  kind TEXT NOT NULL,"
    "  machine_id INTEGER NOT NULL,"
    "  order_id INTEGER NOT NULL,"
    "  mac BLOB NOT NULL,"
    "  address INTEGER NOT NULL,"
    "  reasons TEXT NOT NULL,"
    "  text TEXT NOT NULL) STRICT;",

    // Version 2: images for disks, and the agent that writes them.
    "ALTER TABLE machine ADD COLUMN counter INTEGER NOT NULL DEFAULT 0;"

    "ALTER TABLE image ADD COLUMN kind TEXT NOT NULL DEFAULT 'boot';"
    "ALTER TABLE image ADD COLUMN starts INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE image ADD COLUMN content_bytes INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE image ADD COLUMN needs_bytes INTEGER NOT NULL DEFAULT 0;"

    "ALTER TABLE profile ADD COLUMN hostname TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE profile ADD COLUMN root_password TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE profile ADD COLUMN user TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE profile ADD COLUMN user_password TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE profile ADD COLUMN timezone TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE profile ADD COLUMN locale TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE profile ADD COLUMN packages TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE profile ADD COLUMN network TEXT NOT NULL DEFAULT 'dhcp';"
    "ALTER TABLE profile ADD COLUMN ssh_keys TEXT;"
    "ALTER TABLE profile ADD COLUMN script TEXT;"
    "ALTER TABLE profile ADD COLUMN disk TEXT NOT NULL DEFAULT '';"

    // Orders from before may be tried as often as ever: tries 0.
    "ALTER TABLE orders ADD COLUMN why TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE orders ADD COLUMN by_agent INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE orders ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE orders ADD COLUMN skip_until_s INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE orders ADD COLUMN disk TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE orders ADD COLUMN erase TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE orders ADD COLUMN eraser TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE orders ADD COLUMN erase_s INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE orders ADD COLUMN target TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE orders ADD COLUMN trouble TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE orders ADD COLUMN hostname TEXT NOT NULL DEFAULT '';"
    "DROP INDEX orders_live;"
    "CREATE UNIQUE INDEX orders_live ON orders(machine_id) WHERE state IN ('armed', 'booting', 'running',"
    "  'needs-confirmation', 'writing', 'sealing', 'used');"

    // A machine is deleted and written anew when it changes, as for orders.
    "CREATE TABLE inventory("
    "  machine_id INTEGER PRIMARY KEY REFERENCES machine(id) DEFERRABLE INITIALLY DEFERRED,"
    "  found_s INTEGER NOT NULL,"
    "  json TEXT NOT NULL) STRICT;",

    // Version 3: how a machine is served by TFTP.
    "ALTER TABLE machine ADD COLUMN tftp_blksize INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE machine ADD COLUMN tftp_blksize_learned INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE machine ADD COLUMN tftp_rollover TEXT NOT NULL DEFAULT 'auto';",

    // Version 4: DHCP. A machine's own options, and what its network and class last said of it.
    "ALTER TABLE machine ADD COLUMN dhcp_options TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE machine ADD COLUMN unknown TEXT NOT NULL DEFAULT 'default';"
    "ALTER TABLE machine ADD COLUMN proposal TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE machine ADD COLUMN place TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE machine ADD COLUMN address6 BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE machine ADD COLUMN reply_shape TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE machine ADD COLUMN firmware TEXT NOT NULL DEFAULT '';"

    // Who asks by IPv6 has this and address 0.
    "ALTER TABLE event ADD COLUMN address6 BLOB NOT NULL DEFAULT x'';"

    "CREATE TABLE lease6("
    "  id INTEGER PRIMARY KEY,"
    "  address BLOB NOT NULL UNIQUE,"
    "  duid BLOB NOT NULL,"
    "  iaid INTEGER NOT NULL,"
    "  ordinal INTEGER NOT NULL,"
    "  hw BLOB NOT NULL," // type and octets
    "  has_seen_hw INTEGER NOT NULL,"
    "  machine_id INTEGER NOT NULL,"
    "  state TEXT NOT NULL,"
    "  starts_s INTEGER NOT NULL,"
    "  preferred_s INTEGER NOT NULL,"
    "  ends_s INTEGER NOT NULL,"
    "  hostname TEXT NOT NULL) STRICT;",

    // Version 5: the catalogue. Where an image's files are, what can be expected of it, and the ways to boot it;
    // who may have an order's answer files.
    "ALTER TABLE orders ADD COLUMN token TEXT NOT NULL DEFAULT '';"
    "UPDATE orders SET token = lower(hex(randomblob(16)));"
    "ALTER TABLE image ADD COLUMN medium TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE image ADD COLUMN sha256 TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE image ADD COLUMN grade TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE image ADD COLUMN remark TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE image ADD COLUMN efi_x64 TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE image ADD COLUMN efi_ia32 TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE image ADD COLUMN efi_arm64 TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE profile_value ADD COLUMN is_secret INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE machine ADD COLUMN classes TEXT NOT NULL DEFAULT '';"

    "CREATE TABLE image_method("
    "  image_id INTEGER NOT NULL REFERENCES image(id) ON DELETE CASCADE,"
    "  position INTEGER NOT NULL,"
    "  name TEXT NOT NULL,"
    "  way TEXT NOT NULL,"
    "  firmware INTEGER NOT NULL," // IMAGE_ON_*
    "  kernel TEXT NOT NULL,"
    "  initrd TEXT NOT NULL,"
    "  arguments TEXT NOT NULL,"
    "  memory_bytes INTEGER NOT NULL,"
    "  PRIMARY KEY(image_id, position)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE boot("
    "  id INTEGER PRIMARY KEY,"
    "  mac BLOB NOT NULL,"
    "  verdict TEXT NOT NULL,"
    "  json TEXT NOT NULL) STRICT;",
};
// clang-format on

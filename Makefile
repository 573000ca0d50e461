# SPDX-License-Identifier: GPL-3.0-or-later
# For people's habits only: everything is in ./run, see ./run help.
.PHONY: build check install demo serve bench
build check install demo serve bench:
	@./run $@

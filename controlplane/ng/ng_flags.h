/* SPDX-License-Identifier: BSD-3-Clause */
/* ng_flags.h - "rtpp-flags": the words of a proxy's script, as they stand there.
 *
 *	trust-address replace-origin ICE=remove RTP/SAVP codec=[strip=[PCMU G722]]
 *
 * They become the dictionary that a proxy would have made of them, so that one reader does for
 * both: words without a value are "flags", what has one is a key; transport shortcuts become
 * "transport-protocol", internal, external and direction= become "direction".
 *
 * Invariant: the dictionary is no deeper than an ng_value may be.
 * Threads:   pure.
 * Ownership: the dictionary is the arena's, its texts point into 'words'.
 * Units:     bytes.
 * Errors:    -E2BIG: too deep or too many; -ENOMEM. A bracket that is not closed ends with the
 *            text, as in rtpengine.
 * Cost:      one pass, no recursion.
 */
#ifndef NG_FLAGS_H
#define NG_FLAGS_H

#include "ng_value.h"

int ng_flags_parse(struct slice words, struct ng_arena *arena, struct ng_value **dict);

#endif

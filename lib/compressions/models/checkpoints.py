"""Encoders, classifiers and their tokenizers: checked before anything is trained, then loaded in fp32."""

import json

import torch
from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertModel,
    PretrainedConfig,
    PreTrainedTokenizerFast,
)
from transformers.models.auto.modeling_auto import MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING as CLASSIFIERS

from compressions.data.tasks import Task
from compressions.errors import BadInput, first_line, require
from compressions.models.architectures import Size
from compressions.models.sources import BERT, ClassifierSource, EncoderSource, local
from compressions.models.weights import check_finite, read_weights
from compressions.storage.artifact import load_artifact

# What Transformers and the tokenizers' library raise for files that are not what they expect.
UNREADABLE = (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError, ImportError)
# How a tokenizer treats case and accents, which its own configuration may say beside `tokenizer.json`.
CASE = {
    "do_lower_case": "lowercase",
    "strip_accents": "strip_accents",
    "tokenize_chinese_chars": "handle_chinese_chars",
}
NEW = ("pooler.",)  # parts that a checkpoint may lack: they are initialized at random, as the head always is


def check(encoder: EncoderSource) -> None:
    """Raise `BadInput` unless the encoder can be loaded: its tokenizer, and weights that are whole and floating."""
    load_tokenizer(encoder)
    load_classifier(encoder) if isinstance(encoder, ClassifierSource) else _load(encoder, _config(encoder))


def load_tokenizer(encoder: EncoderSource) -> PreTrainedTokenizerFast:
    """The encoder's own tokenizer, as its files say, and with segments as the model has them.

    BERT's uncased one where a folder has no more than `vocab.txt`, cased where that has capitals. Raises `BadInput` for
    tokens that the model has no embedding for, or without a token to pad with.
    """
    tokenizer = _own_tokenizer(encoder)
    _require(encoder, tokenizer.pad_token is not None, "its tokenizer has no token to pad with")
    largest, size = max(tokenizer.get_vocab().values()) + 1, encoder.size.vocabulary
    remedy = "take the tokenizer that it was trained with, or save it after resize_token_embeddings"
    _require(encoder, largest <= size, f"its tokenizer has {largest} tokens, its embeddings {size}; {remedy}")
    return tokenizer


def _own_tokenizer(encoder: EncoderSource) -> PreTrainedTokenizerFast:
    folder = local(encoder)
    stated = folder / "tokenizer_config.json"
    try:
        settings = json.loads(stated.read_text()) if stated.is_file() else {}
        own = folder / "tokenizer.json"
        cased = {} if own.is_file() or "do_lower_case" in settings else _case_of(folder / "vocab.txt")
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, **cased)
        if encoder.architecture != BERT or not tokenizer.is_fast:
            return tokenizer
        given = json.loads(tokenizer.backend_tokenizer.to_str())
        wanted = _as_stated(json.loads(own.read_text()), settings) if own.is_file() else given
        wanted = {**wanted, "truncation": None, "padding": None}
        if wanted == given and encoder.size.segments > 1:
            return tokenizer
        # Transformers makes a BERT's tokenizer anew from its vocabulary, and so loses what else `tokenizer.json` says.
        backend = Tokenizer.from_str(json.dumps(wanted))
        backend.post_processor = _one_segment(tokenizer) if encoder.size.segments < 2 else backend.post_processor
        return _around(backend, tokenizer)
    except Exception as error:  # the tokenizers' library has no exception of its own
        raise _cannot(encoder, first_line(error)) from error


def _case_of(vocabulary) -> dict[str, bool]:
    """Whether texts are lowered for a vocabulary of no other file: where no piece of it has a capital."""
    if not vocabulary.is_file():
        return {}
    pieces = vocabulary.read_text(encoding="utf-8").splitlines()
    return {"do_lower_case": all(piece == piece.lower() for piece in pieces if not piece.startswith("["))}


def _as_stated(content: dict, settings: dict) -> dict:
    """A `tokenizer.json` with what the configuration beside it says of case and accents, which goes before."""
    normalizer = content.get("normalizer") or {}
    if normalizer.get("type") == "BertNormalizer":
        stated = {ours: settings[key] for key, ours in CASE.items() if key in settings}
        content = {**content, "normalizer": normalizer | stated}
    return content


def _one_segment(tokenizer) -> TemplateProcessing:
    """Both texts of a pair in segment 0, for a model that has no other."""
    ends = [(token, tokenizer.convert_tokens_to_ids(token)) for token in (tokenizer.cls_token, tokenizer.sep_token)]
    (first, _), (last, _) = ends
    return TemplateProcessing(f"{first}:0 $A:0 {last}:0", f"{first}:0 $A:0 {last}:0 $B:0 {last}:0", ends)


def _around(backend: Tokenizer, tokenizer) -> PreTrainedTokenizerFast:
    """A tokenizer with another `backend`, and all other settings of `tokenizer`."""
    kept = ("model_max_length", "truncation_side", "padding_side", "model_input_names")
    others = {name: getattr(tokenizer, name) for name in kept}
    return PreTrainedTokenizerFast(tokenizer_object=backend, **others, **tokenizer.special_tokens_map)


def load_model(encoder: EncoderSource, task: Task) -> nn.Module:
    """An fp32 classifier for `task` on the encoder; its head is random."""
    return _load(encoder, _config(encoder, **_labels(task)))


def load_classifier(classifier: ClassifierSource) -> nn.Module:
    """A classifier of any architecture as it was saved, head and labels included: an artifact, or one in fp32.

    Nothing may be missing.
    """
    if classifier.source == "artifact":
        model = load_artifact(classifier.folder)
        check_finite(classifier.folder, model.state_dict())
        return model
    return _load(classifier, _config(classifier), keep_head=True).eval()


def load_encoder(encoder: EncoderSource) -> BertModel:
    """The fp32 encoder of a pretrained checkpoint as it is, without a head."""
    config = _config(encoder)
    with torch.device("meta"):
        empty = AutoModel.from_config(config)
    return _from_weights(empty, encoder, config, read_weights(local(encoder)))


def _labels(task: Task) -> dict:
    names = dict(enumerate(task.labels or ("LABEL_0",)))
    numbers = {label: number for number, label in names.items()}
    return {"id2label": names, "label2id": numbers, "problem_type": None if task.labels else "regression"}


def _config(encoder: EncoderSource, **others) -> PretrainedConfig:
    folder = local(encoder)
    try:
        return AutoConfig.from_pretrained(folder, trust_remote_code=False, **others)
    except UNREADABLE as error:
        raise _cannot(encoder, first_line(error)) from error


def _load(encoder: EncoderSource, config: PretrainedConfig, keep_head: bool = False) -> nn.Module:
    kind = type(config)
    known = f"Transformers has no classifier of the architecture {encoder.architecture!r}"
    _require(encoder, kind in CLASSIFIERS, known)
    tensors = read_weights(local(encoder))
    with torch.device("meta"):
        empty = AutoModelForSequenceClassification.from_config(config)
    prefix = f"{empty.base_model_prefix}."
    head = () if keep_head else {name for name in empty.state_dict() if not name.startswith(prefix)}
    tensors = {name: tensor for name, tensor in tensors.items() if name not in head}
    return _from_weights(empty, encoder, config, tensors, keep_head)


def _from_weights(
    empty: nn.Module,
    encoder: EncoderSource,
    config: PretrainedConfig,
    tensors: dict[str, Tensor],
    keep_head: bool = False,
) -> nn.Module:
    """A model like the `empty` one with these tensors, which are compared with a BERT's; a prefix may be missing."""
    factory, prefix = type(empty), f"{empty.base_model_prefix}."
    wanted = {name.removeprefix(prefix): tuple(tensor.shape) for name, tensor in empty.state_dict().items()}
    for name, tensor in ((name.removeprefix(prefix), tensor) for name, tensor in tensors.items()):
        if encoder.architecture == BERT and name in wanted:
            shape, kind = tuple(tensor.shape), str(tensor.dtype).removeprefix("torch.")
            _require(encoder, shape == wanted[name], f"{name} is {shape}, its configuration says {wanted[name]}")
            _require(encoder, kind == "float32", f"{name} is {kind}, not floating, and has no scales to read it by")
    check_finite(local(encoder), tensors)
    try:
        model, info = factory.from_pretrained(
            None, config=config, state_dict=tensors, dtype=torch.float32, output_loading_info=True
        )
    except UNREADABLE as error:
        raise _cannot(encoder, first_line(error)) from error
    missing = [name for name in info["missing_keys"] if keep_head or name.startswith(prefix) or factory is BertModel]
    _check_missing(encoder, [name.removeprefix(prefix) for name in missing], () if keep_head else NEW)
    return model


def _check_missing(encoder: EncoderSource, names: list[str], new: tuple[str, ...] = NEW) -> None:
    missing = [name for name in names if not name.startswith(new)] if new else names
    require(not missing, f"the encoder {encoder.name!r} has no weights for {', '.join(missing[:3])}; it is not whole")


def _require(encoder: EncoderSource, holds: bool, reason: str) -> None:
    if not holds:
        raise _cannot(encoder, reason)


def _cannot(encoder: EncoderSource, reason: str) -> BadInput:
    place = encoder.folder or encoder.size.hub
    return BadInput(f"the encoder {encoder.name!r} cannot be loaded from {place}: {reason}")


def bert_config(size: Size, **others) -> BertConfig:
    """The configuration of a BERT of a size; `others` are further fields of it."""
    return BertConfig(
        vocab_size=size.vocabulary,
        hidden_size=size.hidden,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        intermediate_size=size.intermediate,
        max_position_embeddings=size.positions,
        type_vocab_size=size.segments,
        **others,
    )

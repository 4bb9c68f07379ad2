"""Encoders and their tokenizers, loaded from where they come from."""

import torch
from safetensors import SafetensorError
from transformers import AutoModelForSequenceClassification, AutoTokenizer, BertConfig, BertModel

from compressions.data.tasks import Task
from compressions.errors import BadInput, require
from compressions.models.architectures import Size
from compressions.models.sources import Encoder

# How weights are read: in full precision, and never from a pickle, which could hold code.
WEIGHTS = {"dtype": torch.float32, "use_safetensors": True}


def load_tokenizer(encoder: Encoder):
    """The encoder's own tokenizer."""
    return _from_pretrained(AutoTokenizer, encoder)


def load_model(encoder: Encoder, task: Task) -> torch.nn.Module:
    """An fp32 classifier for `task` on the encoder; its head is random."""
    labels = {"num_labels": len(task.labels) or 1, "problem_type": None if task.labels else "regression"}
    options = {"output_loading_info": True, **labels}
    model, info = _from_pretrained(AutoModelForSequenceClassification, encoder, **WEIGHTS, **options)
    missing = [name for name in info["missing_keys"] if not name.startswith(("classifier.", "bert.pooler."))]
    require(not missing, f"the encoder {encoder.name!r} has no weights for {', '.join(missing[:3])}; it is not whole")
    return model


def load_encoder(encoder: Encoder) -> BertModel:
    """The fp32 encoder of a pretrained checkpoint as it is, without a head."""
    return _from_pretrained(BertModel, encoder, **WEIGHTS)


def _from_pretrained(factory, encoder: Encoder, **options):
    place = encoder.folder or encoder.size.hub
    revision = {} if encoder.folder else {"revision": encoder.size.revision}
    try:
        return factory.from_pretrained(place, trust_remote_code=False, **revision, **options)
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadInput(f"the encoder {encoder.name!r} cannot be loaded from {place}: {reason}") from error


def bert_config(size: Size, **others) -> BertConfig:
    """The configuration of a BERT of a size; `others` are further fields of it."""
    return BertConfig(
        vocab_size=size.vocabulary,
        hidden_size=size.hidden,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        intermediate_size=4 * size.hidden,
        max_position_embeddings=size.positions,
        **others,
    )

"""Sizes of MakeItTalk."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class ContentConfig:
    """The speech content branch.

    Attributes:
        features: of a speech frame: "phones" (posteriors of the 39 phones without silence), "bands" (log-mel energies
            of broad bands, which tell loudness but hardly the speaker), "encoder" (of a large recogniser,
            ``speech.encoder``), "autovc" (the content code of the voice conversion), "log-mel", or several of them
            joined by "+".
        num_features: size of a speech frame.
        projection: size to which a linear layer brings the frames before the LSTM reads them; 0: none does.
        causal: whether the student (``speech.student``), which needs little sound ahead, is heard instead of recogniser
            and encoder.
        rate: speech frames, and landmarks, per second.
        window: speech frames that the LSTM reads for one frame of landmarks.
        lead: number of them before that frame. The paper's window starts at the frame itself (0).
        lstm_size: hidden size of each LSTM layer.
        lstm_layers: how many.
        mlp_sizes: hidden sizes of the MLP before its 204 outputs.
        reach: how far the lips of voices other than the main speaker's really move, along x, y and z, beside what the
            network says of them; measured when it has been trained.
    """

    features: str = "phones+bands"
    num_features: int = 47
    projection: int = 0
    causal: bool = False
    rate: float = 62.5
    window: int = 18
    lead: int = 0
    lstm_size: int = 256
    lstm_layers: int = 3
    mlp_sizes: tuple[int, ...] = (512, 256)
    reach: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class VoiceConfig:
    """The voice conversion front end, as in AutoVC; see ``_SMALL_VOICE`` for why its bottleneck differs.

    Attributes:
        num_mels: mel bands, 62.5 frames per second.
        embedding_size: of the speaker embedding.
        encoder_channels: of the encoder's three convolutions.
        code_size: numbers per code and direction: states of each of the encoder's two LSTM layers.
        downsampling: frames that share a code.
        decoder_channels: of the decoder's three convolutions.
        decoder_size: states of each of the decoder's LSTM layers.
        decoder_layers: how many.
        postnet_channels: of the postnet's first four convolutions.
        told: the encoder also reads the speaker's embedding.
        centred: the encoder reads each band relative to its mean over the speech.
        augmentation: how strongly the encoder's input is augmented in training; 0: not at all, 1: as much as voices and
            recordings differ.
    """

    num_mels: int = 80
    embedding_size: int = 256
    encoder_channels: int = 512
    code_size: int = 32
    downsampling: int = 32
    decoder_channels: int = 512
    decoder_size: int = 1024
    decoder_layers: int = 3
    postnet_channels: int = 512
    told: bool = True
    centred: bool = False
    augmentation: float = 0.0


@dataclass(frozen=True)
class SpeakerConfig:
    """The speaker-aware branch (section 3.2, appendix A).

    Attributes:
        lstm_size: hidden size of each LSTM layer.
        lstm_layers: how many.
        restart: whether the LSTM restarts with the window of every frame; else it runs once along the speech, at a
            tenth of the cost.
        embedding_size: to which the 256 numbers of a voice are projected.
        model_size: width of the self-attention, and of its feed-forward layers.
        layers: of self-attention.
        heads: of each.
        window: frames that attend to each other.
        mlp_sizes: hidden sizes of the MLP before its 204 outputs.
        discriminator_sizes: hidden sizes of the discriminator's MLP before its single output.
        noise_size: channels of smooth noise beside the speech; 0: the motion is the expected one.
        mouth_share: share of the branch's displacement of lips and jaw that is added to the content branch's.
        alone: whether there is no content branch, so that this branch's displacements are added to the face at rest.
        num_features: how many of a speech frame's numbers, from the first on, the branch reads; 0: all.
    """

    lstm_size: int = 256
    lstm_layers: int = 3
    restart: bool = True
    embedding_size: int = 128
    model_size: int = 32
    layers: int = 2
    heads: int = 2
    window: int = 256
    mlp_sizes: tuple[int, ...] = (512, 256)
    discriminator_sizes: tuple[int, ...] = (512, 256)
    noise_size: int = 0
    mouth_share: float = 1.0
    alone: bool = False
    num_features: int = 0


@dataclass(frozen=True)
class TranslationConfig:
    """The image-to-image translation network (table 4).

    Attributes:
        size: side of its pictures in px.
        channels: after each layer down; the layers up mirror them.
        residual: width between the two convolutions of a residual block, relative to its layer. The paper does not
            state it; 4/15 gives its 30.7 M parameters, the full width would give 69.8 M.
        source_sketch: whether the network also gets the portrait's landmarks, unlike the paper's.
        copying: whether it also copies displaced pixels of the portrait, unlike the paper's.
        filled: whether the inside of the mouth is painted over its pictures, for it cannot know that of unseen people.
        discriminator_weight: weight of an adversarial term, which the paper does not have.
        discriminator_width: channels of the first layer of the discriminator.
    """

    size: int = 256
    channels: tuple[int, ...] = (64, 128, 256, 512, 512, 512)
    residual: float = 4 / 15
    source_sketch: bool = False
    copying: bool = False
    filled: bool = False
    discriminator_weight: float = 0.0
    discriminator_width: int = 24


@dataclass(frozen=True)
class MakeItTalkConfig:
    """Sizes of all networks; ``mouth_width`` is that of the mouth interior network."""

    content: ContentConfig
    voice: VoiceConfig = field(default_factory=VoiceConfig)
    speaker: SpeakerConfig = field(default_factory=SpeakerConfig)
    translation: TranslationConfig = field(default_factory=TranslationConfig)
    mouth_width: int = 24


# A code of 32 numbers every 80 ms (400 a second) instead of 64 every 0.5 s (125 a second): lips move within 0.1 s, and
# sounds as short as p b m are what the paper's bottleneck loses (section 6). A code of half that width, trained as
# published, still identifies the speaker well. What removes the speaker here is above all that the encoder reads each
# band relative to its mean; augmented voices in training remove a little more. The encoder does not read the speaker's
# embedding either; the decoder does. The blocks in which long speech is processed are a multiple of 5 frames.
_SMALL_VOICE = VoiceConfig(
    encoder_channels=192,
    code_size=16,
    downsampling=5,
    decoder_channels=192,
    decoder_size=256,
    decoder_layers=2,
    postnet_channels=128,
    told=False,
    centred=True,
    augmentation=1.0,
)
_TINY_VOICE = VoiceConfig(
    encoder_channels=8,
    code_size=2,
    downsampling=5,
    decoder_channels=8,
    decoder_size=8,
    decoder_layers=1,
    postnet_channels=8,
    told=False,
    centred=True,
    augmentation=1.0,
)

_SMALL_SPEAKER = SpeakerConfig(
    lstm_size=128,
    lstm_layers=1,
    restart=False,
    mlp_sizes=(256, 128),
    discriminator_sizes=(128, 64),
    noise_size=8,
    mouth_share=0.0,
)
_TINY_SPEAKER = SpeakerConfig(
    lstm_size=16,
    lstm_layers=1,
    restart=False,
    embedding_size=8,
    model_size=8,
    layers=1,
    window=32,
    mlp_sizes=(16,),
    discriminator_sizes=(8,),
    noise_size=2,
    mouth_share=0.0,
)

_ALONE = replace(_SMALL_SPEAKER, mouth_share=1.0, alone=True)

_PHONES = ContentConfig(lead=9)

_SMALL_TRANSLATION = TranslationConfig(
    channels=(24, 32, 48, 96, 128, 128),
    residual=0.5,
    source_sketch=True,
    copying=True,
    filled=True,
    discriminator_weight=0.03,
)
_TINY_TRANSLATION = TranslationConfig(
    size=64,
    channels=(4, 6, 8),
    residual=0.5,
    source_sketch=True,
    copying=True,
    discriminator_weight=0.03,
    discriminator_width=4,
)

_SMALL = MakeItTalkConfig(
    ContentConfig("phones+bands+encoder", 39 + 8 + 384, projection=128, lead=9),
    voice=_SMALL_VOICE,
    speaker=replace(_SMALL_SPEAKER, num_features=39 + 8),
    translation=_SMALL_TRANSLATION,
)

CONFIGS = {
    # Section 3.1 and 4.4. 161 features give the 1.9 M parameters stated for this branch.
    "paper": MakeItTalkConfig(ContentConfig("log-mel", num_features=161)),
    # With what the encoder of a large recogniser hears; the speaker-aware branch reads the rest.
    "small": _SMALL,
    # The same from sound that ends 0.2 s after each of its frames.
    "causal": replace(_SMALL, content=replace(_SMALL.content, causal=True)),
    "tiny": MakeItTalkConfig(
        ContentConfig("phones", 39, lead=9, lstm_size=16, lstm_layers=1, mlp_sizes=(16,)),
        voice=_TINY_VOICE,
        translation=_TINY_TRANSLATION,
        speaker=_TINY_SPEAKER,
        mouth_width=4,
    ),
}

# Configurations that are not sizes.
VARIANTS = {
    # Section 3.1's own front end: the content branch reads the code of the voice conversion.
    "small-autovc": MakeItTalkConfig(ContentConfig("autovc", num_features=32, lead=9), voice=_SMALL_VOICE),
    # Phones and loudness alone, from GRID s1 alone.
    "small-phones": MakeItTalkConfig(
        _PHONES, voice=_SMALL_VOICE, speaker=_SMALL_SPEAKER, translation=_SMALL_TRANSLATION
    ),
    # Section 5.4, the variants "no content branch" and "no separation" (of content and speaker).
    "small-alone": MakeItTalkConfig(_PHONES, speaker=_ALONE),
    "small-no-separation": MakeItTalkConfig(ContentConfig("log-mel", num_features=80, lead=9), speaker=_ALONE),
}

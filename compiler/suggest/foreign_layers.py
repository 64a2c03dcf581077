"""Layers of other frameworks: their names, the word of netc, and the advice where another word
alone is not enough. `foreign.py` says how they are read."""

from __future__ import annotations

RECURRENT = "netc has no recurrent layers; `conv` reads sequences such as `100x8`"
NO_ATTENTION = "netc has no attention"

ForeignLayer = tuple[str, str] | tuple[str, str, str]

LAYERS: tuple[ForeignLayer, ...] = (
    ("linear fc fullyconnected innerproduct affine dense1d hidden", "dense"),
    ("conv1d conv2d convolution convolution1d convolution2d", "conv"),
    (
        "convtranspose convtranspose1d convtranspose2d conv1dtranspose conv2dtranspose "
        "transposedconv deconvolution deconv2d upconv",
        "deconv",
    ),
    ("depthwiseconv depthwiseconv2d dwconv depthwiseconv1d", "depthwise"),
    ("maxpool1d maxpool2d maxpooling maxpooling1d maxpooling2d", "maxpool"),
    (
        "avgpool1d avgpool2d averagepool avgpooling averagepooling averagepooling1d "
        "averagepooling2d meanpool",
        "avgpool",
    ),
    (
        "globalavgpool globalavgpool1d globalavgpool2d globalaveragepool globalaveragepooling "
        "globalaveragepooling1d globalaveragepooling2d globalavgpooling globalpool",
        "gap",
    ),
    (
        "adaptiveavgpool2d adaptiveavgpool1d adaptiveavgpool",
        "",
        "`gap` averages each channel over all positions",
    ),
    ("pool pooling pooling2d", "", "pooling is `maxpool 2x2` or `avgpool 2x2`"),
    (
        "batchnorm batchnorm1d batchnorm2d batchnormalization batchnormalisation syncbatchnorm",
        "bn",
    ),
    ("layernorm layernormalization layernormalisation", "ln"),
    ("groupnorm groupnormalization groupnormalisation", "gn"),
    (
        "instancenorm instancenorm1d instancenorm2d",
        "",
        "`gn` with as many groups as channels is instance normalisation",
    ),
    ("localresponsenorm localresponsenormalization", "lrn"),
    ("embedding embeddings embeddingbag lookup", "embed"),
    ("flat ravel", "flatten"),
    ("view", "reshape"),
    ("drop dropout1d dropout2d", "dropout"),
    ("gaussiannoise", "gaussian_noise"),
    ("gaussiandropout", "gaussian_dropout"),
    ("upsampling upsampling1d upsampling2d", "upsample"),
    ("zeropad zeropad2d zeropadding1d zeropadding2d zeropadding padding", "pad"),
    ("cropping cropping1d cropping2d centercrop", "crop"),
    ("plus sum addition eltwise elementwiseadd", "add"),
    ("multiply times prod product", "mul"),
    ("maximum", "max"),
    ("average mean", "avg"),
    ("concatenate cat", "concat"),
    ("identity noop skip shortcut", "id"),
    ("leakyrelu lrelu", "leaky"),
    ("parametricrelu", "prelu"),
    ("swish", "silu"),
    ("heaviside", "step"),
    ("logsoftmax", "", "write `softmax`: losses that need the logarithm compute it"),
    ("relu6", "", "write `relu max=6`"),
    ("hardsilu", "hardswish"),
    ("celu mish hardtanh softsign glu", "", "`netc explain layers` lists the activations"),
    (
        "activation act nonlinearity with",
        "",
        "an activation is a layer of its own: `dense 128 relu`",
    ),
    ("in of", "", "to iterate over a list, write `each c=(64, 128) [dense $c]`"),
    ("as", "", "to name a tensor, label it: `-> @x`"),
    ("inputlayer placeholder inputs", "input"),
    ("output outputs", "", "the last layer is the output: no word is needed"),
    ("sequential", "", "layers are joined by `->`"),
    ("lstm gru rnn simplernn bilstm", "", RECURRENT),
    ("attention selfattention multiheadattention transformer positionalencoding", "", NO_ATTENTION),
    ("foreach", "each"),
    (
        "conv3d maxpool3d avgpool3d maxpooling3d",
        "",
        "netc supports sequences and images only: one or two spatial axes",
    ),
    (
        "separableconv separableconv1d separableconv2d sepconv",
        "",
        "write `depthwise 3x3 -> conv 64 1x1`",
    ),
    (
        "globalmaxpool globalmaxpool1d globalmaxpool2d globalmaxpooling globalmaxpooling1d "
        "globalmaxpooling2d adaptivemaxpool adaptivemaxpool1d adaptivemaxpool2d gmp",
        "",
        "a `maxpool` whose window is the whole image: `maxpool 7x7 -> flatten`",
    ),
    ("maxout", "", "write `max [dense 64 | dense 64]`"),
    (
        "se seblock selayer squeezeexcite squeezeexcitation",
        "",
        "a gate is a `mul`: `mul [id | gap -> dense 4 relu -> dense 64 sigmoid "
        "-> reshape 1x1x64 -> upsample 8x8]`",
    ),
    ("residual resblock residualblock", "", "a skip connection is `add [p | id]`"),
    ("layerscale", "", "`depthwise 1x1 bias=false` multiplies each channel by a weight"),
    (
        "spatialdropout spatialdropout1d spatialdropout2d dropblock droppath stochasticdepth",
        "",
        "netc drops single values, not whole channels or branches: `dropout 0.2`",
    ),
    (
        "bilinear resize interpolate upsamplingbilinear2d upsamplebilinear",
        "",
        "`upsample 2` repeats positions; `deconv` can learn to interpolate",
    ),
    (
        "subtract sub minus dot matmul bmm min minimum",
        "",
        "the merges are `add`, `mul`, `max`, `avg` and `concat`",
    ),
    (
        "slice split chunk narrow",
        "",
        "netc cannot split channels: a layer reads all of them, or groups with `groups=`",
    ),
    ("transpose permute swapaxes moveaxis", "", "netc has no transpose: axes keep their order"),
    (
        "shuffle channelshuffle pixelshuffle depthtospace spacetodepth",
        "",
        "netc does not reorder channels or positions",
    ),
    (
        "sample sampling reparameterize reparametrize rsample",
        "",
        "netc draws no random numbers from what a network computes, so it has no variational "
        "autoencoders; `gaussian_noise 0.1` adds noise of a fixed deviation",
    ),
    ("capsule capsules capsulelayer primarycaps digitcaps squash", "", "netc has no capsules"),
    ("weightnorm spectralnorm", "", "the normalisations are `bn`, `ln`, `gn` and `lrn`"),
    ("lambda", "", "a spec has no code; `netc explain layers` lists the layers"),
)

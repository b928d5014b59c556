@_exported public import HoldfastKnowledge
@_exported public import HoldfastModel
@_exported public import HoldfastStorage
@_exported public import HoldfastTensor
@_exported public import HoldfastText
@_exported public import HoldfastTuning

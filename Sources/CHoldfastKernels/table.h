// The kernels of this instruction set.
#define TABLE(NAME)                                             \
  {                                                             \
    .name = NAME,                                               \
    .panel_columns = COLUMNS,                                   \
    .tile_rows = TILE_ROWS,                                     \
    .pack_rows = pack_rows,                                     \
    .pack_columns = pack_columns,                               \
    .product = product,                                         \
    .compact_rows = COMPACT_ROWS,                               \
    .expand = expand,                                           \
    .compact_product = compact_product,                         \
    .attention = attention,                                     \
    .attention_backward_panels = attention_backward_panels,     \
    .attention_backward_pack = attention_backward_pack,         \
    .attention_backward_queries = attention_backward_queries,   \
    .attention_backward_keys = attention_backward_keys,         \
    .rms_norm = rms_norm,                                       \
    .rms_norm_backward = rms_norm_backward,                     \
    .rms_norm_weight_backward = rms_norm_weight_backward,       \
    .layer_norm = layer_norm,                                   \
    .layer_norm_backward = layer_norm_backward,                 \
    .layer_norm_weight_backward = layer_norm_weight_backward,   \
    .rotate = rotate,                                           \
    .activate = activate,                                       \
    .activate_backward = activate_backward,                     \
    .gated = gated,                                             \
    .gated_backward = gated_backward,                           \
    .add = add,                                                 \
    .sum_rows = sum_rows,                                       \
    .scale = scale,                                             \
    .softcap = softcap,                                         \
    .softcap_backward = softcap_backward,                       \
    .dropout = dropout,                                         \
    .log_sum_exp = log_sum_exp,                                 \
    .cross_entropy = cross_entropy,                             \
    .penalized_cross_entropy = penalized_cross_entropy,         \
    .adamw = adamw,                                             \
    .adamw_bfloat16 = adamw_bfloat16,                           \
    .sum_of_squares = sum_of_squares,                           \
    .exp = exponential,                                         \
    .first_non_finite = first_non_finite,                       \
  }

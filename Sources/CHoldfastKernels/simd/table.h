// The kernels of this instruction set.
#define TABLE(NAME)                                         \
  {                                                         \
    .name = NAME,                                           \
    .panel_columns = COLUMNS,                               \
    .tile_rows = TILE_ROWS,                                 \
    .pack_rows = pack_rows,                                 \
    .pack_columns = pack_columns,                           \
    .product = product,                                     \
    .attention = attention,                                 \
    .attention_backward = attention_backward,               \
    .rms_norm = rms_norm,                                   \
    .rms_norm_backward = rms_norm_backward,                 \
    .rms_norm_weight_backward = rms_norm_weight_backward,   \
    .rotate = rotate,                                       \
    .swiglu = swiglu,                                       \
    .swiglu_backward = swiglu_backward,                     \
    .add = add,                                             \
    .log_sum_exp = log_sum_exp,                             \
    .cross_entropy = cross_entropy,                         \
    .adamw = adamw,                                         \
    .sum_of_squares = sum_of_squares,                       \
    .exp = exponential,                                     \
    .first_non_finite = first_non_finite,                   \
  }

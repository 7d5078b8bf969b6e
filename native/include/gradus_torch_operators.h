/*
 * Every operator that libtorch registers, by name: found once, described, and called with a row of values.
 * Part of gradus_torch.h, which states the conventions.
 */
#ifndef GRADUS_TORCH_OPERATORS_H
#define GRADUS_TORCH_OPERATORS_H

/* What a gt_value is, and what its fields hold; fields not named are 0. */
enum gt_value_kind {
  GT_VALUE_NONE = 0,
  GT_VALUE_TENSOR = 1,  /* payload: a handle; 0, in results only, where the operator made no tensor */
  GT_VALUE_INT = 2,     /* payload: the integer; also a dtype (c10::ScalarType) and a layout (c10::Layout) */
  GT_VALUE_FLOAT = 3,   /* payload: the bits of the double */
  GT_VALUE_BOOL = 4,    /* payload: 0 or 1 */
  GT_VALUE_COMPLEX = 5, /* payload, count: the bits of the real and of the imaginary part, as doubles */
  GT_VALUE_STRING = 6,  /* payload: address of the UTF-8 bytes, count: how many */
  GT_VALUE_DEVICE = 7,  /* extra: c10::DeviceType, payload: index, -1 for the current one */
  GT_VALUE_GENERATOR = 8,     /* payload: a gt_generator */
  GT_VALUE_MEMORY_FORMAT = 9, /* payload: c10::MemoryFormat; an operator answers an INT */
  /* Lists of one kind, arguments only. payload: the address of the elements, count: how many. */
  GT_VALUE_TENSORS = 10, /* handles; 0 for "none" where the operator takes optional tensors */
  GT_VALUE_INTS = 11,    /* int64_t */
  GT_VALUE_FLOATS = 12,  /* double */
  GT_VALUE_BOOLS = 13,   /* int64_t, 0 or 1 */
  /* What holds other values. These come right behind it in the same row, each with its own behind it. */
  GT_VALUE_LIST = 14,  /* count: elements */
  GT_VALUE_TUPLE = 15, /* count: elements */
  GT_VALUE_DICT = 16,  /* count: entries, each a key and a value */
  /* A result only: the tensor is an argument that was changed in place. payload: which one, from 0. No new
   * handle is made for it. */
  GT_VALUE_ARGUMENT = 17,
  /* An argument of an operator only: its default, where one behind it is given. */
  GT_VALUE_DEFAULT = 18
};

typedef struct gt_value {
  int32_t kind; /* enum gt_value_kind */
  int32_t extra;
  int64_t count;
  int64_t payload;
} gt_value;

/* An operator, valid for the life of the process; never freed. */
typedef intptr_t gt_operator;

/* name: "aten::add"; overload: "Tensor", or "" for the one without. 0 if there is none. */
GT_API gt_operator gt_operator_find(const char* name, const char* overload);
/* All there are, one a line, "aten::add.Tensor" or "aten::relu", in alphabetical order. NULL on failure. */
GT_API const char* gt_operator_list(void);

enum gt_argument_flags {
  GT_ARGUMENT_KEYWORD_ONLY = 1,
  GT_ARGUMENT_OPTIONAL = 2, /* takes GT_VALUE_NONE */
  GT_ARGUMENT_WRITTEN = 4   /* is changed in place */
};

/* An argument or a return of an operator; the strings live as long as the process. */
typedef struct gt_argument {
  const char* name; /* empty for most returns */
  const char* type; /* as in the schema, without aliases: "Tensor", "int[2]", "Tensor?[]", "ScalarType?" */
  const char* default_value; /* as in the schema; NULL if it has to be given */
  int32_t flags;             /* enum gt_argument_flags */
  int32_t argument;          /* of a return: the argument that it is, changed in place; else -1 */
} gt_argument;

/* "aten::roll(Tensor self, SymInt[1] shifts, int[1] dims=[]) -> Tensor"; lives as long as the process. */
GT_API const char* gt_operator_schema(gt_operator op);
GT_API int32_t gt_operator_argument_count(gt_operator op);
GT_API int32_t gt_operator_return_count(gt_operator op);
/* Returns are numbered behind the arguments. */
GT_API int32_t gt_operator_argument(gt_operator op, int32_t index, gt_argument* out);

/*
 * Calls it with `count` values in the order of its schema (all of them: nested ones count too); those left
 * out at the end have their defaults. Integers are taken where floats are wanted, and one integer where a
 * list of fixed length is.
 *
 * Returns the number of values of the results, or -1 on failure. They are in `results` if they fit into
 * `capacity`; if not, none is, and gt_take_results gives them until the thread's next call. With `results`
 * NULL they are dropped, and no handle is made. Handles in results belong to the caller. Strings in them are
 * valid until the thread's next call.
 */
GT_API int64_t gt_operator_call(gt_operator op, const gt_value* arguments, int64_t count, gt_value* results,
                                int64_t capacity);
/* The results that did not fit, once; as above. */
GT_API int64_t gt_take_results(gt_value* results, int64_t capacity);

#endif

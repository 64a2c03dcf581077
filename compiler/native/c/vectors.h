/* Vectors of fewer numbers than the processor's, for results with few columns. VEC(8) is the type of
   eight numbers; a vector of one is a number. */
#define VECTOR_OF(n) __attribute__((vector_size(n * sizeof(real)), aligned(sizeof(real)), may_alias))
typedef real vec1 __attribute__((may_alias));
typedef real vec2 VECTOR_OF(2);
typedef real vec4 VECTOR_OF(4);
typedef real vec8 VECTOR_OF(8);
typedef real vec16 VECTOR_OF(16);
#undef VECTOR_OF

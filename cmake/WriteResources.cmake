# Puts the library and a description of it where the Java build packs it: -DLIBRARY -DRESOURCES -DLIBTORCH -DVERSION -DCUDA

file(SHA256 "${LIBRARY}" sha256)
if(CUDA)
  set(cuda true)
else()
  set(cuda false)
endif()
file(MAKE_DIRECTORY "${RESOURCES}")
file(COPY_FILE "${LIBRARY}" "${RESOURCES}/libgradus_torch.so.new")
file(RENAME "${RESOURCES}/libgradus_torch.so.new" "${RESOURCES}/libgradus_torch.so")
# Java reads a backslash in a properties file as an escape.
string(REPLACE "\\" "\\\\" LIBTORCH "${LIBTORCH}")
file(WRITE "${RESOURCES}/build.properties"
     "libtorch=${LIBTORCH}\nlibtorch.version=${VERSION}\ncuda=${cuda}\nsha256=${sha256}\n")

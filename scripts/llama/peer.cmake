# Read inside llama.cpp's own project (`CMAKE_PROJECT_llama.cpp_INCLUDE`), before its targets are there.
# 150 small files with the same headers: sixteen at a time compile in a quarter of the time. Two have a function of the
# same name. Nothing that computes is among them.
cmake_language(DEFER CALL set_target_properties llama PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 16)
file(GLOB alone ${CMAKE_SOURCE_DIR}/src/*.cpp)
list(APPEND alone ${CMAKE_SOURCE_DIR}/src/models/gemma4.cpp)
cmake_language(DEFER CALL set_source_files_properties ${alone}
  TARGET_DIRECTORY llama PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
